import type { PostgresDayStore, StoredDay } from '../adapters/postgres/readings/day-store.ts'
import type { Logger } from '../runtime/logger.ts'
import { microsecondsPerDay } from '../telemetry/reading/reading.ts'
import { toUtcDay } from '../telemetry/time.ts'
import type { TimeOfDay } from '../runtime/clock.ts'
import { untilLocked } from '../adapters/postgres/driver/until-locked.ts'

/** A smaller index is read in no time, however it lies. */
const leastBytes = 16 * 1024 * 1024
/** An index that has grown to so many times its size since it was built is built again. */
const growth = 1.5
/** Microseconds after its end in which most of what comes late has come. */
const untilOver = 3_600 * 1_000_000

/** The days that are over and whose index is worth building anew, the latest first. */
export function daysToReindex(days: readonly StoredDay[], now: number): string[] {
  const lastOver = toUtcDay(now - untilOver - microsecondsPerDay)
  const isLoose = ({ indexBytes, reindexedBytes }: StoredDay): boolean =>
    indexBytes > Math.max(leastBytes, growth * reindexedBytes)
  const loose = days.filter((day) => day.day <= lastOver && !day.closed && isLoose(day))
  return loose.map(({ day }) => day).reverse()
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
  const wait = { what: 'the table of readings', signal }
  const present = await days.days()
  const unfinished = present.filter((day) => day.unfinished && !day.closed)
  const failures: Error[] = []
  const attempt = async (work: () => Promise<void>): Promise<void> => {
    signal.throwIfAborted()
    await work().catch((error: unknown) => failures.push(error as Error))
  }
  for (const { day } of unfinished) {
    await attempt(() => untilLocked(() => days.dropUnfinishedIndexes(day), wait))
  }
  for (const day of daysToReindex(present, clock.now())) {
    await attempt(async () => {
      const since = performance.now()
      const bytes = await days.reindex(day)
      const before = present.find((one) => one.day === day)?.indexBytes
      const seconds = Math.round(performance.now() - since) / 1000
      logger.info({ day, bytesBefore: before, bytes, seconds }, 'day-reindexed')
    })
  }
  if (failures[0]) throw failures[0]
}
