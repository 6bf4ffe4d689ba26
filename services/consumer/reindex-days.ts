import type { Micros } from '../telemetry/time.ts'
import type { PostgresDayStore, StoredDay } from '../adapters/postgres/readings/day-store.ts'
import type { Logger } from '../runtime/logger.ts'
import { microsecondsPerDay } from '../telemetry/reading/reading.ts'
import { toUtcDay } from '../telemetry/time.ts'
import type { TimeOfDay } from '../runtime/clock.ts'
import { retryWhileLocked } from '../adapters/postgres/driver/retry-while-locked.ts'

/** A smaller index is fast enough even when it is bloated. */
const minIndexBytes = 16 * 1024 * 1024
/** An index is rebuilt when it has grown to this multiple of its size after the last build. */
const minGrowthFactor = 1.5
/** Most late readings of a day arrive within this time after its end. */
const lateArrivalMicros = 3_600 * 1_000_000

/** Returns the past days whose index is worth rebuilding, latest first. */
export function daysToReindex(days: readonly StoredDay[], nowMicros: Micros): string[] {
  const newestEndedDay = toUtcDay(nowMicros - lateArrivalMicros - microsecondsPerDay)
  const isBloated = ({ indexBytes, reindexedBytes }: StoredDay): boolean =>
    indexBytes > Math.max(minIndexBytes, minGrowthFactor * reindexedBytes)
  const bloated = days.filter((day) => day.day <= newestEndedDay && !day.closed && isBloated(day))
  return bloated.map(({ day }) => day).reverse()
}

type Options = {
  readonly dayStore: PostgresDayStore
  readonly clock: TimeOfDay
  readonly logger: Logger
  readonly signal: AbortSignal
}

/**
 * Vacuums past days and rebuilds their indexes. It may be stopped at any point: an unfinished index
 * is removed before the next attempt.
 *
 * @throws the first failure, after all days were tried, e.g. if another transaction stayed open for a minute
 */
export async function reindexDays({ dayStore, clock, logger, signal }: Options): Promise<void> {
  const wait = { lockedObject: 'the table of readings', signal }
  const storedDays = await dayStore.days()
  const withUnfinishedIndexes = storedDays.filter((day) => day.hasUnfinishedIndex && !day.closed)
  const failures: Error[] = []
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    signal.throwIfAborted()
    await work().catch((error: unknown) => failures.push(error as Error))
  }
  for (const { day } of withUnfinishedIndexes) {
    await attempt(() => retryWhileLocked(() => dayStore.dropUnfinishedIndexes(day), wait))
  }
  for (const day of daysToReindex(storedDays, clock.now())) {
    await attempt(async () => {
      const startedAt = performance.now()
      const bytes = await dayStore.reindex(day)
      const bytesBefore = storedDays.find((stored) => stored.day === day)?.indexBytes
      const seconds = Math.round(performance.now() - startedAt) / 1000
      logger.info({ day, bytesBefore, bytes, seconds }, 'day-reindexed')
    })
  }
  if (failures[0]) throw failures[0]
}
