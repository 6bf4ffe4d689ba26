import type { DecodedBatch, DecodedEntry } from './ports.ts'
import { microsecondsPerDay } from './reading.ts'
import { toUtcDay } from './time.ts'

/** Which days of readings are kept. Days are UTC days as `2026-01-31`, times microseconds. */

/** Days are kept for longer than readings are accepted, so that what waits in the log has time. */
const daysOfGrace = 2
/** A day is retired this long after it is no longer stored to: clocks of consumers may differ. */
const clockDifference = 3_600 * 1_000_000

/** The oldest day whose readings are still stored at `now`. */
export function oldestKeptDay(now: number, retention: number): string {
  return toUtcDay(now - retention - daysOfGrace * microsecondsPerDay)
}

/** A day that has its partition. A closed one takes no more rows: what began is finished. */
export type PresentDay = { readonly day: string; readonly closed: boolean }

/** The days that may go at `now`, the oldest first. */
export function daysToRetire(
  days: readonly PresentDay[],
  { now, retention }: { readonly now: number; readonly retention: number },
): string[] {
  const oldest = oldestKeptDay(now - clockDifference, retention)
  const going = days.filter(({ day, closed }) => closed || day < oldest)
  return going.map(({ day }) => day).sort()
}

/**
 * An entry as it is judged today: a reading whose day is no longer kept is refused as `expired`.
 * It was accepted in its time, and has waited too long since.
 */
export function judgeAge(entry: DecodedEntry, oldestDay: string): DecodedEntry {
  if (entry.kind === 'refused') return entry
  const { offset, original, reading } = entry
  const day = toUtcDay(reading.recordedAt)
  if (day >= oldestDay) return entry
  const detail = `The rows of ${day} are past the retention; the oldest day that is kept is ${oldestDay}.`
  return { kind: 'refused', offset, original, code: 'expired', detail }
}

/** All of a batch as it is judged today. */
export function refuseExpired(batch: DecodedBatch, oldestDay: string): DecodedBatch {
  const oldest = Date.parse(oldestDay) * 1000
  // To name the day of each reading would cost more than to compare its time.
  const isExpired = (entry: DecodedEntry): boolean =>
    entry.kind === 'reading' && entry.reading.recordedAt < oldest
  if (!batch.entries.some(isExpired)) return batch
  return { ...batch, entries: batch.entries.map((entry) => judgeAge(entry, oldestDay)) }
}
