import type { PostgresDayStore } from '../adapters/postgres/readings/day-store.ts'
import type { Logger } from '../runtime/logger.ts'
import type { RetirementConfirmation } from '../telemetry/retention.ts'
import { daysToRetire } from '../telemetry/retention.ts'
import type { TimeOfDay } from '../runtime/clock.ts'
import { retryWhileLocked } from '../adapters/postgres/driver/retry-while-locked.ts'

type Options = {
  readonly days: PostgresDayStore
  readonly clock: TimeOfDay
  readonly retentionMicros: number
  /** What was due at the looks before. */
  readonly confirmation: RetirementConfirmation
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Closes, counts and drops the days that have been past the retention for a while. Safe to be ended anywhere and to
 * be repeated: a day that was closed is counted again, and it is dropped together with the entry
 * of its count.
 *
 * @throws where others use the table of readings for so long that a lock cannot be had
 */
export async function retireDays(options: Options): Promise<void> {
  const { days, clock, retentionMicros, confirmation, logger, signal } = options
  const wait = { lockedObject: 'the table of readings', signal }
  const window = { nowMicros: clock.now(), retentionMicros }
  for (const day of confirmation.confirm(
    daysToRetire(await days.days(), window),
    performance.now(),
  )) {
    signal.throwIfAborted()
    const startedAt = performance.now()
    await retryWhileLocked(() => days.close(day), wait)
    const rows = await days.countRows(day)
    await retryWhileLocked(() => days.drop(day, rows), wait)
    const seconds = Math.round(performance.now() - startedAt) / 1000
    logger.info({ day, rows, seconds }, 'day-retired')
  }
}
