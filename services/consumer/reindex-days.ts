import type { PostgresDayStore, StoredDay } from '../adapters/postgres/readings/day-store.ts'
import type { Logger } from '../runtime/logger.ts'
import { microsecondsPerDay } from '../telemetry/reading/reading.ts'
import { toUtcDay } from '../telemetry/time.ts'
import type { TimeOfDay } from '../runtime/clock.ts'
import { retryWhileLocked } from '../adapters/postgres/driver/retry-while-locked.ts'

/** A smaller index is read in no time, however it lies. */
const minIndexBytes = 16 * 1024 * 1024
/** An index that has grown to so many times its size since it was built is built again. */
const minGrowthFactor = 1.5
/** Microseconds after its end in which most of what comes late has come. */
const lateArrivalMicros = 3_600 * 1_000_000

/** The days that are over and whose index is worth building anew, the latest first. */
export function daysToReindex(days: readonly StoredDay[], nowMicros: number): string[] {
  const newestEndedDay = toUtcDay(nowMicros - lateArrivalMicros - microsecondsPerDay)
  const isBloated = ({ indexBytes, reindexedBytes }: StoredDay): boolean =>
    indexBytes > Math.max(minIndexBytes, minGrowthFactor * reindexedBytes)
  const bloated = days.filter((day) => day.day <= newestEndedDay && !day.closed && isBloated(day))
  return bloated.map(({ day }) => day).reverse()
}

type Options = {
  readonly days: PostgresDayStore
  readonly clock: TimeOfDay
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Vacuums the days that are over and builds their indexes anew. Nobody waits for it, and to be
 * ended anywhere does no harm: what it leaves is removed before the next try.
 *
 * @throws the first failure, after the other days: where another transaction stays open for a minute, it has to end first
 */
export async function reindexDays({ days, clock, logger, signal }: Options): Promise<void> {
  const wait = { lockedObject: 'the table of readings', signal }
  const present = await days.days()
  const withUnfinishedIndexes = present.filter((day) => day.hasUnfinishedIndex && !day.closed)
  const failures: Error[] = []
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    signal.throwIfAborted()
    await work().catch((error: unknown) => failures.push(error as Error))
  }
  for (const { day } of withUnfinishedIndexes) {
    await attempt(() => retryWhileLocked(() => days.dropUnfinishedIndexes(day), wait))
  }
  for (const day of daysToReindex(present, clock.now())) {
    await attempt(async () => {
      const startedAt = performance.now()
      const bytes = await days.reindex(day)
      const before = present.find((one) => one.day === day)?.indexBytes
      const seconds = Math.round(performance.now() - startedAt) / 1000
      logger.info({ day, bytesBefore: before, bytes, seconds }, 'day-reindexed')
    })
  }
  if (failures[0]) throw failures[0]
}
