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

/** Normally distributed numbers with a mean of 0, the same for the same seed. */
export function noise(seed: number, sigma: number): () => number {
  let state = seed
  /** Above 0, at most 1 (mulberry32, T. Ettinger). */
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return (((mixed ^ (mixed >>> 14)) >>> 0) + 1) / 4_294_967_296
  }
  return () => sigma * Math.sqrt(-2 * Math.log(next())) * Math.cos(2 * Math.PI * next())
}

export type Journey = {
  readonly seconds: number
  readonly intervalSeconds: number
  /** Metres per second, to the east. */
  readonly speed: number
  /** Standard deviation of the position in metres, to the east and to the north. */
  readonly sigma: number
  readonly seed: number
}

/** A vehicle that drives or stands, seen with noise in its positions. */
export function aNoisyJourney({ seconds, intervalSeconds, speed, sigma, seed }: Journey) {
  const next = noise(seed, sigma)
  const count = Math.floor(seconds / intervalSeconds) + 1
  return Array.from({ length: count }, (_, index) => {
    const reading = aPosition(index * intervalSeconds, index * intervalSeconds * speed + next())
    return { ...reading, latitude: next() * degreesPerMetre }
  })
}
