import { backoffPauses, sleep } from '../../../runtime/retry.ts'

/** About a minute of trying. Each try holds up other transactions for half a second at most. */
const maxAttempts = 12
const backoff = { firstMs: 500, maxMs: 10_000 }

export type LockRetryOptions = {
  /** What is to be locked, for the error, e.g. `the table of readings`. */
  readonly lockedObject: string
  readonly signal: AbortSignal
}

/**
 * Tries until a lock could be had.
 *
 * @param attempt resolves to false where others hold the lock
 * @throws Error where others hold it for about a minute
 */
export async function retryWhileLocked(
  attempt: () => Promise<boolean>,
  { lockedObject, signal }: LockRetryOptions,
): Promise<void> {
  const pauses = backoffPauses(backoff)
  for (let attempts = 1; !(await attempt()); attempts += 1) {
    if (attempts === maxAttempts) {
      throw new Error(
        `another transaction has been using ${lockedObject} for a minute: pg_stat_activity tells which`,
      )
    }
    await sleep(pauses.next().value, signal)
    signal.throwIfAborted()
  }
}
