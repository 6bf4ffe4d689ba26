import { backoffPauses } from '../../services/runtime/retry.ts'
import type { Clock } from '../../services/runtime/clock.ts'
import type { Random } from '../random.ts'

export type PauseReason =
  /** What the server asked for, in milliseconds; a growing pause where it asked nothing. */
  { readonly kind: 'asked'; readonly retryAfter: number | undefined } | { readonly kind: 'longest' }

/** Milliseconds, before jitter. */
const limits = { firstMs: 200, maxMs: 10_000 }

/** The pauses between tries during an outage. One at a time, the one that ends last. */
export class Pauses {
  readonly #clock: Clock
  readonly #random: Random
  #growing: Generator<number, never>
  /** By the clock's elapsed time. */
  #end = 0
  #isAsked = false
  #callOff: (() => void) | undefined
  #resume: (() => void) | undefined

  constructor(clock: Clock, random: Random) {
    this.#clock = clock
    this.#random = random
    this.#growing = backoffPauses({ ...limits, random })
  }

  get isPausing(): boolean {
    return this.#callOff !== undefined
  }

  /** Calls `resume` when the pause is over. */
  begin(reason: PauseReason, resume: () => void): void {
    const asked = this.#askedPause(reason)
    if (asked === undefined && this.isPausing) return
    const pause = asked ?? (reason.kind === 'longest' ? limits.maxMs : this.#growing.next().value)
    const end = this.#clock.elapsed() + pause * 1000
    if (this.isPausing && end <= this.#end) return
    this.end()
    this.#end = end
    this.#isAsked = asked !== undefined
    this.#resume = resume
    this.#callOff = this.#clock.after(pause, () => {
      this.end()
      resume()
    })
  }

  /** Jittered upwards by a tenth, so that a fleet does not come back in one instant; never none. */
  #askedPause(reason: PauseReason): number | undefined {
    if (reason.kind === 'longest') return undefined
    const asked = reason.retryAfter
    if (asked === undefined) return undefined
    return Math.max(limits.firstMs, Math.round(asked * (1 + this.#random() / 10)))
  }

  /** Ends a pause of our own choice at once; one that the server asked for goes on. */
  cutShort(): void {
    if (!this.isPausing || this.#isAsked) return
    this.end()
    this.#resume?.()
  }

  /** The next pause is the first again. */
  reset(): void {
    this.#growing = backoffPauses({ ...limits, random: this.#random })
  }

  end(): void {
    this.#callOff?.()
    this.#callOff = undefined
  }
}
