import { expect } from 'chai'
import fc from 'fast-check'
import type { TripReading, TripSpan } from '../../../../services/telemetry/trips/trip.ts'
import { tripsOf } from '../../../../services/telemetry/trips/trips.ts'
import { randomTracks, toReadings } from '../../../support/random-tracks.ts'
import { at, secondsOf, tripRules } from '../../../support/trip-tracks.ts'

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
    const property = fc.property(randomTracks(), (track) => {
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
