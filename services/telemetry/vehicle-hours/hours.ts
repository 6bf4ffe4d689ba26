import type { Micros } from '../time.ts'
import type { TripRules } from '../trips/trip-rules.ts'
import type { TripSpan } from '../trips/trip.ts'

export const microsPerHour: Micros = 3_600_000_000

type BorderRules = Pick<TripRules, 'borderMinutes'>

/** The beginning of the hour (UTC) in which a time lies. */
export function hourOf(at: Micros): Micros {
  return Math.floor(at / microsPerHour) * microsPerHour
}

/** The readings on which an hour depends: those of the hour, and of `borderMinutes` on each side. */
export function readSpanOf(hour: Micros, rules: BorderRules): TripSpan {
  const border = borderMicros(rules)
  return { from: hour - border, to: hour + microsPerHour + border }
}

/**
 * The beginnings of the hours that change if a reading is added, updated or deleted: its hour, the
 * next one if the reading lies in the last `borderMinutes` of its hour, and the previous one if it
 * lies in the first. All hours whose `readSpanOf` contains the time of the reading.
 */
export function hoursTouchedBy(recordedAt: Micros, rules: BorderRules): Micros[] {
  const border = borderMicros(rules)
  const hours: Micros[] = []
  for (let hour = hourOf(recordedAt - border); hour <= recordedAt + border; hour += microsPerHour) {
    hours.push(hour)
  }
  return hours
}

const borderMicros = ({ borderMinutes }: BorderRules): Micros => borderMinutes * 60_000_000
