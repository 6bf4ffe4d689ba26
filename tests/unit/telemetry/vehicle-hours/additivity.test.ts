import { expect } from 'chai'
import fc from 'fast-check'
import type { TripReading, TripSpan } from '../../../../services/telemetry/trips/trip.ts'
import { tripsOf } from '../../../../services/telemetry/trips/trips.ts'
import {
  hourOf,
  microsPerHour,
  readSpanOf,
} from '../../../../services/telemetry/vehicle-hours/hours.ts'
import { vehicleHourOf } from '../../../../services/telemetry/vehicle-hours/vehicle-hour.ts'
import type { RandomTrack } from '../../../support/random-tracks.ts'
import { randomTracks, toReadings } from '../../../support/random-tracks.ts'
import { tripRules } from '../../../support/trip-tracks.ts'

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)

const isIn =
  ({ from, to }: TripSpan) =>
  ({ at }: TripReading) =>
    from <= at && at < to

/** All hours of a track, each from the readings that it may depend on. */
function hoursOf(readings: readonly TripReading[]) {
  const end = readings.at(-1)!.at
  const hours: number[] = []
  for (let hour = hourOf(readings[0]!.at); hour <= end; hour += microsPerHour) hours.push(hour)
  return hours.flatMap(
    (hour) =>
      vehicleHourOf(readings.filter(isIn(readSpanOf(hour, tripRules))), tripRules, hour) ?? [],
  )
}

/** Seconds and metres of the whole, by the function of the page. */
function wholeOf(readings: readonly TripReading[]) {
  const { trips, stops } = tripsOf(readings, tripRules)
  const seconds = ({ from, to }: TripSpan) => (to - from) / 1e6
  return {
    driven: sum(trips.map(seconds)),
    stood: sum(stops.map(seconds)),
    metres: sum(trips.map(({ distance }) => distance)),
  }
}

/**
 * With five readings on each side of a silence, so that its limit does not depend on readings beyond
 * the border.
 */
function withReadingsAroundSilences(track: RandomTrack): RandomTrack {
  const drive = { kind: 'drive', seconds: 5 * track.intervalSeconds, speed: 10 } as const
  const legs = track.legs.flatMap((leg): RandomTrack['legs'] =>
    leg.kind === 'silence' || leg.kind === 'tunnel' ? [drive, leg, drive] : [leg],
  )
  return { ...track, legs }
}

/** Seconds after noon of the first reading, so that hours begin anywhere in a track. */
const starts = fc.integer({ min: 0, max: 3_599 })

describe('vehicleHourOf, for all hours of a track', () => {
  it('returns driving times and distances that add up to those of the whole', () => {
    const property = fc.property(randomTracks(), starts, (track, start) => {
      const readings = toReadings(withReadingsAroundSilences(track), start)
      const hours = hoursOf(readings)
      const whole = wholeOf(readings)
      const borders = hours.length + 1
      expect(sum(hours.map(({ drivingMs }) => drivingMs)) / 1000).to.be.closeTo(
        whole.driven,
        borders * track.intervalSeconds,
      )
      expect(sum(hours.map(({ distanceMillimetres }) => distanceMillimetres)) / 1000).to.be.closeTo(
        whole.metres,
        borders * (30 * track.intervalSeconds + 15),
      )
      expect(sum(hours.map((hour) => hour.readings))).to.equal(readings.length)
    })
    fc.assert(property, { numRuns: 300 })
  })

  it('returns idle times that add up to the stops of the whole if no silence is longer than the border', () => {
    const property = fc.property(randomTracks(1_500), starts, (track, start) => {
      const readings = toReadings(track, start)
      const hours = hoursOf(readings)
      expect(sum(hours.map(({ idleMs }) => idleMs)) / 1000).to.be.closeTo(
        wholeOf(readings).stood,
        (hours.length + 1) * track.intervalSeconds,
      )
    })
    fc.assert(property, { numRuns: 300 })
  })
})
