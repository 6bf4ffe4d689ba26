import { backoffPauses, sleep } from '../../../runtime/retry.ts'

/** About one minute in total. Each attempt blocks other transactions for half a second at most. */
const maxAttempts = 12
const backoff = { firstMs: 500, maxMs: 10_000 }

export type LockRetryOptions = {
  /** The object to lock, for the error message, e.g. `the table of readings`. */
  readonly lockedObject: string
  readonly signal: AbortSignal
}

/**
 * Repeats `attempt` until it gets the lock.
 *
 * @param attempt resolves to false if another transaction holds the lock
 * @throws Error if another transaction holds the lock for about a minute
 */
export async function retryWhileLocked(
  attempt: () => Promise<boolean>,
  { lockedObject, signal }: LockRetryOptions,
): Promise<void> {
  const pauses = backoffPauses(backoff)
  for (let attempts = 1; !(await attempt()); attempts += 1) {
    if (attempts === maxAttempts) {
      throw new Error(
        `Another transaction has used ${lockedObject} for a minute. Find it in pg_stat_activity.`,
      )
    }
    await sleep(pauses.next().value, signal)
    signal.throwIfAborted()
  }
}
