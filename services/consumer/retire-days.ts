import type { Micros } from '../telemetry/time.ts'
import type { PostgresDayStore } from '../adapters/postgres/readings/day-store.ts'
import type { Logger } from '../runtime/logger.ts'
import type { RetirementConfirmation } from '../telemetry/retention.ts'
import { daysToRetire } from '../telemetry/retention.ts'
import type { TimeOfDay } from '../runtime/clock.ts'
import { retryWhileLocked } from '../adapters/postgres/driver/retry-while-locked.ts'

type Options = {
  readonly dayStore: PostgresDayStore
  readonly clock: TimeOfDay
  readonly retentionMicros: Micros
  /** Remembers which days were due in previous rounds. */
  readonly confirmation: RetirementConfirmation
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Closes, counts and drops the days that have been past the retention period for some time. It may be
 * stopped at any point and repeated: a closed day is counted again, and one transaction drops the day
 * and stores its count.
 *
 * @throws if other transactions use the table of readings for so long that the lock cannot be taken
 */
export async function retireDays(options: Options): Promise<void> {
  const { dayStore, clock, retentionMicros, confirmation, logger, signal } = options
  const wait = { lockedObject: 'the table of readings', signal }
  const window = { nowMicros: clock.now(), retentionMicros }
  const dueDays = daysToRetire(await dayStore.days(), window)
  for (const day of confirmation.confirm(dueDays, performance.now())) {
    signal.throwIfAborted()
    const startedAt = performance.now()
    await retryWhileLocked(() => dayStore.close(day), wait)
    const rows = await dayStore.countRows(day)
    await retryWhileLocked(() => dayStore.drop(day, rows), wait)
    const seconds = Math.round(performance.now() - startedAt) / 1000
    logger.info({ day, rows, seconds }, 'day-retired')
  }
}
