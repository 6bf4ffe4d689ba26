import { readFileSync } from 'node:fs'
import { toConfig } from '../../infra/config/config.ts'
import type { TripReading, TripSpan } from '../../services/telemetry/trips/trip.ts'
import type { TripRules } from '../../services/telemetry/trips/trip-rules.ts'
import { noon } from './builders.ts'

/** The defaults of the configuration. */
export const tripRules: TripRules = toConfig({}).dashboard.trips

const degreesPerMetre = 1 / 111_195

/** Microseconds since the Unix epoch, from seconds after noon. */
export const at = (seconds: number): number => noon + seconds * 1_000_000

/** Start and end in seconds after noon. */
export const secondsOf = ({ from, to }: TripSpan): [number, number] => [
  (from - noon) / 1e6,
  (to - noon) / 1e6,
]

type Row = { readonly t: number; readonly latitude: number; readonly longitude: number }

/** A recorded track from `tests/fixtures/trips`; its times are seconds after noon. */
export function recordedTrack(name: string): TripReading[] {
  const file = new URL(`../fixtures/trips/${name}.json`, import.meta.url)
  const rows = JSON.parse(readFileSync(file, 'utf8')) as (Row & { readonly speed: number })[]
  return rows.map(({ t, latitude, longitude, speed }) => ({
    at: at(t),
    latitude,
    longitude,
    speed,
  }))
}

/** A reading so many metres east of the origin; by default it reports the speed 0. */
export function aPosition(seconds: number, eastMetres: number, speed = 0): TripReading {
  return { at: at(seconds), latitude: 0, longitude: eastMetres * degreesPerMetre, speed }
}
