import { growingPauses, sleep } from '../runtime/retry.ts'

/** About a minute of trying. Each try holds up whoever inserts for a fifth of a second at most. */
const triesForLock = 12
const pauses = { first: 500, longest: 10_000 }

/**
 * Tries until a lock could be had.
 *
 * @param attempt false where others hold it
 * @throws where others use the table of readings for so long that it cannot be had
 */
export async function untilLocked(
  attempt: () => Promise<boolean>,
  signal: AbortSignal,
): Promise<void> {
  const waits = growingPauses(pauses)
  for (let tries = 1; !(await attempt()); tries += 1) {
    if (tries === triesForLock) {
      throw new Error(
        'another transaction has been using the table of readings for a minute: pg_stat_activity tells which',
      )
    }
    await sleep(waits.next().value, signal)
    signal.throwIfAborted()
  }
}
