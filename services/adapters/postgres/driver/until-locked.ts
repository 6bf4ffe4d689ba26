import { growingPauses, sleep } from '../../../runtime/retry.ts'

/** About a minute of trying. Each try holds up other transactions for half a second at most. */
const triesForLock = 12
const pauses = { first: 500, longest: 10_000 }

export type LockWait = {
  /** What is to be locked, for the error, e.g. `the table of readings`. */
  readonly what: string
  readonly signal: AbortSignal
}

/**
 * Tries until a lock could be had.
 *
 * @param attempt resolves to false where others hold the lock
 * @throws Error where others hold it for about a minute
 */
export async function untilLocked(
  attempt: () => Promise<boolean>,
  { what, signal }: LockWait,
): Promise<void> {
  const waits = growingPauses(pauses)
  for (let tries = 1; !(await attempt()); tries += 1) {
    if (tries === triesForLock) {
      throw new Error(
        `another transaction has been using ${what} for a minute: pg_stat_activity tells which`,
      )
    }
    await sleep(waits.next().value, signal)
    signal.throwIfAborted()
  }
}
