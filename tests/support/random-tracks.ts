import fc from 'fast-check'
import type { TripReading } from '../../services/telemetry/trips/trip.ts'
import { aPosition, noise } from './trip-tracks.ts'

type Leg =
  | { readonly kind: 'drive'; readonly seconds: number; readonly speed: number }
  | { readonly kind: 'park' | 'silence'; readonly seconds: number }
  | { readonly kind: 'tunnel'; readonly seconds: number; readonly speed: number }

const speed = fc.integer({ min: 2, max: 30 })
const legs = (maxSilence: number): fc.Arbitrary<Leg[]> =>
  fc.array(
    fc.oneof(
      fc.record({
        kind: fc.constant('drive'),
        seconds: fc.integer({ min: 90, max: 4_000 }),
        speed,
      }),
      fc.record({ kind: fc.constant('park'), seconds: fc.integer({ min: 10, max: 9_000 }) }),
      fc.record({
        kind: fc.constant('silence'),
        seconds: fc.integer({ min: 200, max: maxSilence }),
      }),
      fc.record({
        kind: fc.constant('tunnel'),
        seconds: fc.integer({ min: 400, max: 3_000 }),
        speed,
      }),
    ),
    { minLength: 1, maxLength: 8 },
  )
const parts = {
  intervalSeconds: fc.constantFrom(5, 10, 60, 300),
  sigma: fc.constantFrom(0, 3),
  seed: fc.integer(),
  /** Fractions of the whole span. */
  cuts: fc.array(fc.double({ min: 0.001, max: 0.999, noNaN: true }), {
    minLength: 1,
    maxLength: 4,
  }),
}

/** Random drives, stops, silences and tunnels. @param maxSilence seconds */
export const randomTracks = (maxSilence = 40_000) => fc.record({ legs: legs(maxSilence), ...parts })

export type RandomTrack =
  ReturnType<typeof randomTracks> extends fc.Arbitrary<infer Value> ? Value : never

/** @param seconds after noon, of the first reading */
export function toReadings(
  { legs, intervalSeconds, sigma, seed }: RandomTrack,
  start = 0,
): TripReading[] {
  const next = noise(seed, sigma)
  const readings: TripReading[] = []
  let [seconds, east] = [start, 0]
  for (const leg of legs) {
    const speed = 'speed' in leg ? leg.speed : 0
    const isSilent = leg.kind === 'silence' || leg.kind === 'tunnel'
    const step = isSilent ? leg.seconds : intervalSeconds
    for (let passed = 0; passed < leg.seconds; passed += step) {
      readings.push(aPosition(seconds, east + next()))
      seconds += step
      east += speed * step
    }
  }
  return [...readings, aPosition(seconds, east + next())]
}
