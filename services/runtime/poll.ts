import type { Logger } from './logger.ts'
import { errorFields } from './logger.ts'
import { sleep } from './retry.ts'

export type PollOptions = {
  /** Milliseconds from the end of one call to the beginning of the next. */
  readonly intervalMs: number
  readonly signal: AbortSignal
}

/**
 * Calls `work` again and again, one call at a time, until the signal aborts. Rejects when `work`
 * does: what may fail is wrapped in `WarnOnce.attempt`.
 */
export async function poll(
  work: () => Promise<unknown>,
  { intervalMs, signal }: PollOptions,
): Promise<void> {
  while (!signal.aborted) {
    await work()
    await sleep(intervalMs, signal)
  }
}

/** Log events of something that is tried again and again. */
export type AttemptEvents = {
  /** A warning: the first failure, and the first one after a success. */
  readonly failed: string
  /** The first success after a failure; not logged where left out. */
  readonly recovered?: string
}

/** Logs failures in a row once, by the name of their event. */
export class WarnOnce {
  readonly #logger: Logger
  readonly #signal: AbortSignal | undefined
  readonly #failing = new Set<string>()

  /** @param signal failures after it has aborted are not logged */
  constructor(logger: Logger, signal?: AbortSignal) {
    this.#logger = logger
    this.#signal = signal
  }

  /** The result of `work`, or undefined where it fails. Never rejects. */
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
