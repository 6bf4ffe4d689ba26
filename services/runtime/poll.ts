import type { Logger } from './logger.ts'
import { errorFields } from './logger.ts'
import { NewReasons } from './retry.ts'
import { WakeUp } from './wake-up.ts'

export type PollOptions = {
  /** From the end of one call to the start of the next. */
  readonly intervalMs: number
  readonly signal: AbortSignal
  /** Ends the pause between two calls early. */
  readonly wakeUp?: WakeUp
}

/**
 * Calls `work` repeatedly, one call at a time, until the signal aborts. Rejects when `work`
 * rejects:
 * wrap work that may fail in `WarnOnce.attempt`.
 */
export async function poll(
  work: () => Promise<unknown>,
  { intervalMs, signal, wakeUp = new WakeUp() }: PollOptions,
): Promise<void> {
  while (!signal.aborted) {
    await work()
    await wakeUp.sleep(intervalMs, signal)
  }
}

/** The names of the log events of repeated attempts. */
export type AttemptEvents = {
  /** Logged as a warning for each reason of consecutive failures (`NewReasons`). */
  readonly failed: string
  /** Logged for the first success after a failure. If omitted, nothing is logged. */
  readonly recovered?: string
}

/** Logs each reason of consecutive failures once, for each event name. */
export class WarnOnce {
  readonly #logger: Logger
  readonly #signal: AbortSignal | undefined
  readonly #reasons = new Map<string, NewReasons>()

  /** @param signal failures after it aborted are not logged */
  constructor(logger: Logger, signal?: AbortSignal) {
    this.#logger = logger
    this.#signal = signal
  }

  /** Returns the result of `work`, or undefined if it fails. Never rejects. */
  async attempt<T>(
    work: () => Promise<T>,
    { failed, recovered }: AttemptEvents,
  ): Promise<T | undefined> {
    try {
      const result = await work()
      const wasFailing = this.#reasons.delete(failed)
      if (wasFailing && recovered !== undefined) this.#logger.info(recovered)
      return result
    } catch (error) {
      if (this.#signal?.aborted) return undefined
      const reasons = this.#reasons.get(failed) ?? new NewReasons()
      this.#reasons.set(failed, reasons)
      if (reasons.note(error)) this.#logger.warn(errorFields(error), failed)
      return undefined
    }
  }
}
