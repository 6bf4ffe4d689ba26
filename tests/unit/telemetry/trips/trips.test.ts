import { expect } from 'chai'
import type { TripReading } from '../../../../services/telemetry/trips/trip.ts'
import { tripsOf } from '../../../../services/telemetry/trips/trips.ts'
import { noon } from '../../../support/builders.ts'
import { aPosition, secondsOf, tripRules } from '../../../support/trip-tracks.ts'

const times = (count: number, speed: number) => Array.from({ length: count }, () => speed)

/**
 * Readings every ten seconds of a vehicle that drives east at each of the speeds, in m/s, for ten
 * seconds. It reports the speed 0 throughout.
 */
function aDrive(...speeds: number[]): TripReading[] {
  let east = 0
  const legs = speeds.map((speed, index) => aPosition((index + 1) * 10, (east += speed * 10)))
  return [aPosition(0, 0), ...legs]
}
const moved = (readings: readonly TripReading[], seconds: number, degreesEast: number) =>
  readings.map((reading) => ({
    ...reading,
    at: reading.at + seconds * 1_000_000,
    longitude: reading.longitude + degreesEast,
  }))
const tripsAndStops = (readings: readonly TripReading[]) => tripsOf(readings, tripRules)
const spansOf = (readings: readonly TripReading[], rules = tripRules) => {
  const { trips, stops } = tripsOf(readings, rules)
  return { trips: trips.map(secondsOf), stops: stops.map(secondsOf) }
}

describe('tripsOf', () => {
  it('returns no trips and no stops for no readings, one reading, and a short time without movement', () => {
    expect(tripsAndStops([])).to.deep.equal({ trips: [], stops: [] })
    expect(tripsAndStops(aDrive())).to.deep.equal({ trips: [], stops: [] })
    expect(tripsAndStops(aDrive(0, 0, 0))).to.deep.equal({ trips: [], stops: [] })
  })

  it('returns the times, distance, speeds and ends of a trip', () => {
    const readings = aDrive(10, 20, 10, 10).map((reading) => ({ ...reading, speed: 19 }))
    const [trip, ...more] = tripsAndStops(readings).trips
    expect(more).to.deep.equal([])
    const times = { from: noon, to: noon + 40_000_000, beganBefore: false, endsAfter: false }
    expect(trip).to.include({ ...times, maxSpeed: 19, readings: 5 })
    expect(trip?.distance).to.be.closeTo(500, 0.5)
    expect(trip?.meanSpeed).to.be.closeTo(500 / 40, 0.05)
    expect(trip?.start).to.deep.equal({ latitude: 0, longitude: 0 })
    expect(trip?.end.longitude).to.be.closeTo(500 / 111_195, 1e-9)
  })

  it('returns the mean speed as maximum when no speed is known', () => {
    const readings = aDrive(10, 10, 10, 10).map((reading) => ({ ...reading, speed: null }))
    const [trip] = tripsAndStops(readings).trips
    expect(trip?.maxSpeed).to.equal(trip?.meanSpeed)
  })

  it('returns the mean speed as maximum when lower or impossible speeds are reported', () => {
    const [first, ...rest] = aDrive(10, 10, 10, 10)
    const [trip] = tripsAndStops([{ ...first!, speed: 400 }, ...rest]).trips
    expect(trip?.maxSpeed).to.equal(trip?.meanSpeed)
    expect(trip?.meanSpeed).to.be.closeTo(10, 0.05)
  })

  it('does not end a trip at a traffic light', () => {
    const drive = aDrive(...times(6, 10), ...times(11, 0), ...times(6, 10))
    expect(spansOf(drive)).to.deep.equal({ trips: [[0, 230]], stops: [] })
  })

  it('ends a trip when the vehicle stands for two minutes; the next begins when it moves off', () => {
    const drive = aDrive(...times(6, 10), ...times(12, 0), ...times(6, 4))
    expect(spansOf(drive)).to.deep.equal({
      trips: [
        [0, 60],
        [180, 240],
      ],
      stops: [[60, 180]],
    })
  })

  it('keeps one stop when single readings are outside, and ends it at a reading 300 m away', () => {
    const standing = aDrive(...times(40, 0))
    const oneOutside = (index: number, metres: number) =>
      standing.map((reading, at) => (at === index ? aPosition(at * 10, metres) : reading))
    expect(spansOf(oneOutside(20, 290))).to.deep.equal({ trips: [], stops: [[0, 400]] })
    expect(spansOf(oneOutside(20, 310))).to.deep.equal({
      trips: [[190, 210]],
      stops: [
        [0, 190],
        [210, 400],
      ],
    })
  })

  it('counts a move of less than 100 m to the stop before it', () => {
    const nearby = aDrive(...times(20, 0), ...times(9, 1), ...times(20, 0))
    expect(spansOf(nearby)).to.deep.equal({ trips: [], stops: [[0, 490]] })
    const farther = aDrive(...times(20, 0), ...times(11, 1), ...times(20, 0))
    expect(spansOf(farther).trips.length).to.equal(1)
  })

  it('uses the limits of its rules', () => {
    const drive = aDrive(...times(6, 10), ...times(11, 0), ...times(6, 10))
    expect(spansOf(drive, { ...tripRules, stopSeconds: 110 }).stops).to.deep.equal([[60, 170]])
    expect(spansOf(drive, { ...tripRules, tripMetres: 1_300 }).trips).to.deep.equal([])
  })

  it('ends a trip at a silence, and adds a stop if the vehicle is in the same place afterwards', () => {
    const before = aDrive(...times(6, 10))
    const elsewhere = moved(before, 3_600, 1)
    expect(spansOf([...before, ...elsewhere])).to.deep.equal({
      trips: [
        [0, 60],
        [3600, 3660],
      ],
      stops: [],
    })
    const samePlace = moved(before, 3_600, 600 / 111_195)
    expect(spansOf([...before, ...samePlace]).stops).to.deep.equal([[60, 3600]])
  })

  it('returns the same trips for late readings as for readings in time', () => {
    const whole = aDrive(...times(10, 10), ...times(30, 0), ...times(10, 10))
    const late = whole.filter((_, index) => index < 8 || index > 45)
    expect(tripsAndStops(late)).to.not.deep.equal(tripsAndStops(whole))
    const missing = whole.filter((reading) => !late.includes(reading))
    const merged = [...late, ...missing].sort((left, right) => left.at - right.at)
    expect(tripsAndStops(merged)).to.deep.equal(tripsAndStops(whole))
  })

  it('returns the same trips on both sides of the 180th meridian', () => {
    const drive = aDrive(...times(10, 10), ...times(30, 0), ...times(10, 10))
    const across = moved(drive, 0, 179.995).map((reading) => ({
      ...reading,
      longitude: reading.longitude > 180 ? reading.longitude - 360 : reading.longitude,
    }))
    expect(across.some(({ longitude }) => longitude < 0)).to.equal(true)
    expect(spansOf(across)).to.deep.equal(spansOf(drive))
    expect(tripsAndStops(across).trips[0]?.distance).to.be.closeTo(1_000, 1)
    expect(tripsAndStops(across).stops[0]?.at.longitude).to.be.closeTo(-179.996, 0.001)
  })

  it('counts the last of several readings at one instant', () => {
    const drive = aDrive(...times(10, 10))
    const repeated = drive.flatMap((reading) => [{ ...reading, longitude: 0.0005 }, reading])
    expect(tripsAndStops(repeated)).to.deep.equal(tripsAndStops(drive))
  })
})
