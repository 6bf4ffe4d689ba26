import { backoffPauses } from '../../services/runtime/retry.ts'
import type { Clock } from '../../services/runtime/clock.ts'
import type { Random } from '../random.ts'

export type PauseReason =
  /** As long as the server requests; with exponential backoff if it requests nothing. */
  | { readonly kind: 'retry'; readonly retryAfterMs: number | undefined }
  | { readonly kind: 'maximum' }

/** Milliseconds, before jitter. */
const limits = { firstMs: 200, maxMs: 10_000 }

/** The pause between attempts during an outage. Of two pauses, the one that ends later applies. */
export class RetryPause {
  readonly #clock: Clock
  readonly #random: Random
  #backoff: Generator<number, never>
  /** In elapsed time of the clock. */
  #endMicros = 0
  #isRequested = false
  #cancelTimer: (() => void) | undefined
  #resume: (() => void) | undefined

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
    this.#backoff = backoffPauses({ ...limits, random })
  }

  get isPausing(): boolean {
    return this.#cancelTimer !== undefined
  }

  /** Starts a pause and calls `resume` when it is over. */
  start(reason: PauseReason, resume: () => void): void {
    const requestedMs = this.#requestedPauseMs(reason)
    if (requestedMs === undefined && this.isPausing) return
    const pauseMs =
      requestedMs ?? (reason.kind === 'maximum' ? limits.maxMs : this.#backoff.next().value)
    const endMicros = this.#clock.elapsed() + pauseMs * 1000
    if (this.isPausing && endMicros <= this.#endMicros) return
    this.cancel()
    this.#endMicros = endMicros
    this.#isRequested = requestedMs !== undefined
    this.#resume = resume
    this.#cancelTimer = this.#clock.after(pauseMs, () => {
      this.cancel()
      resume()
    })
  }

  /** Adds up to 10 % jitter, so that a fleet does not resume all at the same time. */
  #requestedPauseMs(reason: PauseReason): number | undefined {
    if (reason.kind === 'maximum') return undefined
    const requestedMs = reason.retryAfterMs
    if (requestedMs === undefined) return undefined
    return Math.max(limits.firstMs, Math.round(requestedMs * (1 + this.#random() / 10)))
  }

  /** Ends a backoff pause immediately. A pause that the server requested continues. */
  endUnlessRequested(): void {
    if (!this.isPausing || this.#isRequested) return
    this.cancel()
    this.#resume?.()
  }

  /** Restarts the backoff at its shortest pause. */
  reset(): void {
    this.#backoff = backoffPauses({ ...limits, random: this.#random })
  }

  cancel(): void {
    this.#cancelTimer?.()
    this.#cancelTimer = undefined
  }
}
