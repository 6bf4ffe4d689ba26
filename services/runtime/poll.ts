import type { Logger } from './logger.ts'
import { errorFields } from './logger.ts'
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
  /** Logged as a warning for the first failure, and for the first failure after a success. */
  readonly failed: string
  /** Logged for the first success after a failure. If omitted, nothing is logged. */
  readonly recovered?: string
}

/** Logs consecutive failures once per event name. */
export class WarnOnce {
  readonly #logger: Logger
  readonly #signal: AbortSignal | undefined
  readonly #failing = new Set<string>()

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
      if (this.#failing.delete(failed) && recovered !== undefined) this.#logger.info(recovered)
      return result
    } catch (error) {
      if (this.#signal?.aborted) return undefined
      if (!this.#failing.has(failed)) this.#logger.warn(errorFields(error), failed)
      this.#failing.add(failed)
      return undefined
    }
  }
}
