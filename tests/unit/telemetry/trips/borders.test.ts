import { expect } from 'chai'
import fc from 'fast-check'
import type { TripReading, TripSpan } from '../../../../services/telemetry/trips/trip.ts'
import { tripsOf } from '../../../../services/telemetry/trips/trips.ts'
import { aPosition, at, noise, secondsOf, tripRules } from '../../../support/trip-tracks.ts'

type Leg =
  | { readonly kind: 'drive'; readonly seconds: number; readonly speed: number }
  | { readonly kind: 'park' | 'silence'; readonly seconds: number }
  | { readonly kind: 'tunnel'; readonly seconds: number; readonly speed: number }

const speed = fc.integer({ min: 2, max: 30 })
const legs: fc.Arbitrary<Leg[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('drive'), seconds: fc.integer({ min: 90, max: 4_000 }), speed }),
    fc.record({ kind: fc.constant('park'), seconds: fc.integer({ min: 10, max: 9_000 }) }),
    fc.record({ kind: fc.constant('silence'), seconds: fc.integer({ min: 200, max: 40_000 }) }),
    fc.record({
      kind: fc.constant('tunnel'),
      seconds: fc.integer({ min: 400, max: 3_000 }),
      speed,
    }),
  ),
  { minLength: 1, maxLength: 8 },
)
const tracks = fc.record({
  legs,
  intervalSeconds: fc.constantFrom(5, 10, 60, 300),
  sigma: fc.constantFrom(0, 3),
  seed: fc.integer(),
  /** Fractions of the whole span. */
  cuts: fc.array(fc.double({ min: 0.001, max: 0.999, noNaN: true }), {
    minLength: 1,
    maxLength: 4,
  }),
})

type Track = typeof tracks extends fc.Arbitrary<infer Value> ? Value : never

function toReadings({ legs, intervalSeconds, sigma, seed }: Track): TripReading[] {
  const next = noise(seed, sigma)
  const readings: TripReading[] = []
  let [seconds, east] = [0, 0]
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

/** The readings that the dashboard reads for a span. */
function readingsFor(span: TripSpan, readings: readonly TripReading[]): TripReading[] {
  const border = tripRules.borderMinutes * 60_000_000
  const further = tripRules.silenceIntervals + 1
  const first = readings.findIndex((reading) => reading.at >= span.from - border)
  const end = readings.findIndex((reading) => reading.at >= span.to + border)
  const from = first === -1 ? readings.length : first
  const to = end === -1 ? readings.length : end
  return readings.slice(Math.max(0, from - further), to + further)
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

/** Seconds of trips and of stops, and metres of trips. */
function totalsOf(readings: readonly TripReading[], span: TripSpan) {
  const { trips, stops } = tripsOf(readingsFor(span, readings), tripRules, span)
  const duration = (part: TripSpan) => secondsOf(part)[1] - secondsOf(part)[0]
  return {
    driven: sum(trips.map(duration)),
    stood: sum(stops.map(duration)),
    metres: sum(trips.map(({ distance }) => distance)),
  }
}

describe('tripsOf, for parts of a span', () => {
  it('returns durations and distances that add up to those of the whole', () => {
    const property = fc.property(tracks, (track) => {
      const readings = toReadings(track)
      const end = readings.at(-1)!.at + 1
      const borders = track.cuts.map((cut) => Math.round(at(0) + cut * (end - at(0))))
      const times = [at(0), ...new Set(borders.sort((left, right) => left - right)), end]
      const whole = totalsOf(readings, { from: at(0), to: end })
      const parts = times
        .slice(1)
        .map((to, index) => totalsOf(readings, { from: times[index]!, to }))
      const readingsAtBorders = track.cuts.length * track.intervalSeconds
      expect(sum(parts.map(({ driven }) => driven))).to.be.closeTo(whole.driven, readingsAtBorders)
      expect(sum(parts.map(({ stood }) => stood))).to.be.closeTo(whole.stood, readingsAtBorders)
      const metresAtBorders = track.cuts.length * (30 * track.intervalSeconds + 15)
      expect(sum(parts.map(({ metres }) => metres))).to.be.closeTo(whole.metres, metresAtBorders)
    })
    fc.assert(property, { numRuns: 300 })
  })
})
