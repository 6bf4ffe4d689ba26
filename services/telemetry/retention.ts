import type { Micros } from './time.ts'
import type { DecodedBatch, DecodedEntry } from '../ledger/batch.ts'
import type { ReceivedReading } from './reading/reading.ts'
import { microsecondsPerDay } from './reading/reading.ts'
import { toMicros, toUtcDay } from './time.ts'

/** Decides which days of readings are kept. Days are UTC days such as `2026-01-31`; times are microseconds. */

/** Days are kept longer than readings are accepted, so that records waiting in the log can still be stored. */
const graceDays = 2
/** A day is retired this long after readings stop being stored in it, because the clocks of consumers may differ. */
const maxClockDifferenceMicros = 3_600 * 1_000_000

/** Returns the oldest day whose readings are still stored. */
export function oldestKeptDay(nowMicros: Micros, retentionMicros: Micros): string {
  return toUtcDay(nowMicros - retentionMicros - graceDays * microsecondsPerDay)
}

/** A day that has a table partition. A closed day accepts no more rows: its retirement has started and must be finished. */
export type DayPartition = { readonly day: string; readonly closed: boolean }

/** Returns the days that may be retired now, oldest first. */
export function daysToRetire<Day extends DayPartition>(
  days: readonly Day[],
  { nowMicros, retentionMicros }: { readonly nowMicros: Micros; readonly retentionMicros: Micros },
): Day[] {
  const oldest = oldestKeptDay(nowMicros - maxClockDifferenceMicros, retentionMicros)
  const toRetire = days.filter(({ day, closed }) => closed || day < oldest)
  return toRetire.sort((left, right) => (left.day < right.day ? -1 : 1))
}

/**
 * Confirms days for retirement after they were due for some time. Dropped data cannot be restored,
 * so a system clock that is wrong for some minutes must not drop a day.
 */
export class RetirementConfirmation {
  readonly #confirmAfterMs: number
  #dueSinceMs: ReadonlyMap<string, number> = new Map()

  constructor(confirmAfterMs: number) {
    this.#confirmAfterMs = confirmAfterMs
  }

  /**
   * Returns the days that were due in every call for long enough. A closed day is returned
   * immediately, because it accepts no more rows.
   *
   * @param dueDays the days that are due now
   * @param monotonicMs milliseconds of the monotonic clock
   */
  confirm(dueDays: readonly DayPartition[], monotonicMs: number): string[] {
    const previous = this.#dueSinceMs
    this.#dueSinceMs = new Map(dueDays.map(({ day }) => [day, previous.get(day) ?? monotonicMs]))
    const isConfirmed = ({ day, closed }: DayPartition): boolean =>
      closed || monotonicMs - (this.#dueSinceMs.get(day) ?? monotonicMs) >= this.#confirmAfterMs
    return dueDays.filter(isConfirmed).map(({ day }) => day)
  }
}

/**
 * Refuses a reading as `expired` if its day is no longer kept. Such a reading was accepted in time
 * but has waited too long to be stored. Other entries are returned unchanged.
 */
export function refuseIfExpired(
  entry: DecodedEntry<ReceivedReading>,
  oldestDay: string,
): DecodedEntry<ReceivedReading> {
  if (entry.kind === 'refused') return entry
  const { offset, original, row } = entry
  const day = toUtcDay(row.reading.recordedAt)
  if (day >= oldestDay) return entry
  const detail = `The retention period of ${day} is over. The oldest day that is kept is ${oldestDay}.`
  return { kind: 'refused', offset, original, code: 'expired', detail }
}

/** Applies `refuseIfExpired` to all entries of a batch. */
export function refuseExpiredReadings(
  batch: DecodedBatch<ReceivedReading>,
  oldestDay: string,
): DecodedBatch<ReceivedReading> {
  const oldestMicros = toMicros(Date.parse(oldestDay))
  // Comparing the time is cheaper than computing the day of each reading.
  const isExpired = (entry: DecodedEntry<ReceivedReading>): boolean =>
    entry.kind === 'row' && entry.row.reading.recordedAt < oldestMicros
  if (!batch.entries.some(isExpired)) return batch
  return { ...batch, entries: batch.entries.map((entry) => refuseIfExpired(entry, oldestDay)) }
}
