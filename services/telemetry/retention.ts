import type { DecodedBatch, DecodedEntry } from '../ledger/batch.ts'
import type { ReceivedReading } from './reading/reading.ts'
import { microsecondsPerDay } from './reading/reading.ts'
import { toUtcDay } from './time.ts'

/** Which days of readings are kept. Days are UTC days as `2026-01-31`, times microseconds. */

/** Days are kept for longer than readings are accepted, so that what waits in the log has time. */
const graceDays = 2
/** A day is retired this long after it is no longer stored to: clocks of consumers may differ. */
const maxClockDifferenceMicros = 3_600 * 1_000_000

/** The oldest day whose readings are still stored at `now`. */
export function oldestKeptDay(nowMicros: number, retentionMicros: number): string {
  return toUtcDay(nowMicros - retentionMicros - graceDays * microsecondsPerDay)
}

/** A day that has its partition. A closed one takes no more rows: what began is finished. */
export type DayPartition = { readonly day: string; readonly closed: boolean }

/** The days that may go at `now`, the oldest first. */
export function daysToRetire<Day extends DayPartition>(
  days: readonly Day[],
  {
    nowMicros: nowMicros,
    retentionMicros: retentionMicros,
  }: { readonly nowMicros: number; readonly retentionMicros: number },
): Day[] {
  const oldest = oldestKeptDay(nowMicros - maxClockDifferenceMicros, retentionMicros)
  const going = days.filter(({ day, closed }) => closed || day < oldest)
  return going.sort((left, right) => (left.day < right.day ? -1 : 1))
}

/**
 * Days that are due, and since when: what is dropped is gone, and a clock that was set wrongly for
 * some minutes must not drop it.
 */
export class RetirementConfirmation {
  readonly #patienceMs: number
  #since: ReadonlyMap<string, number> = new Map()

  constructor(patienceMs: number) {
    this.#patienceMs = patienceMs
  }

  /**
   * Those that were due at every look for long enough; a closed one at once, as it takes no more rows.
   *
   * @param due the days that are due at this look
   * @param steady milliseconds of a clock that nobody sets
   */
  confirm(due: readonly DayPartition[], steady: number): string[] {
    const before = this.#since
    this.#since = new Map(due.map(({ day }) => [day, before.get(day) ?? steady]))
    const isRipe = ({ day, closed }: DayPartition): boolean =>
      closed || steady - (this.#since.get(day) ?? steady) >= this.#patienceMs
    return due.filter(isRipe).map(({ day }) => day)
  }
}

/**
 * An entry as it is judged today: a reading whose day is no longer kept is refused as `expired`.
 * It was accepted in its time, and has waited too long since.
 */
export function refuseIfExpired(
  entry: DecodedEntry<ReceivedReading>,
  oldestDay: string,
): DecodedEntry<ReceivedReading> {
  if (entry.kind === 'refused') return entry
  const { offset, original, row } = entry
  const day = toUtcDay(row.reading.recordedAt)
  if (day >= oldestDay) return entry
  const detail = `The rows of ${day} are past the retention; the oldest day that is kept is ${oldestDay}.`
  return { kind: 'refused', offset, original, code: 'expired', detail }
}

/** All of a batch as it is judged today. */
export function refuseExpiredReadings(
  batch: DecodedBatch<ReceivedReading>,
  oldestDay: string,
): DecodedBatch<ReceivedReading> {
  const oldest = Date.parse(oldestDay) * 1000
  // To name the day of each reading would cost more than to compare its time.
  const isExpired = (entry: DecodedEntry<ReceivedReading>): boolean =>
    entry.kind === 'row' && entry.row.reading.recordedAt < oldest
  if (!batch.entries.some(isExpired)) return batch
  return { ...batch, entries: batch.entries.map((entry) => refuseIfExpired(entry, oldestDay)) }
}
