import { microsecondsPerDay } from './reading.ts'
import { toUtcDay } from './time.ts'

/** Which days of readings are kept. Days are UTC days as `2026-01-31`, times microseconds. */

/** Days are kept for longer than readings are accepted, so that what waits in the log has time. */
const daysOfGrace = 2

/** The oldest day whose readings are still stored at `now`. */
export function oldestKeptDay(now: number, retention: number): string {
  return toUtcDay(now - retention - daysOfGrace * microsecondsPerDay)
}
