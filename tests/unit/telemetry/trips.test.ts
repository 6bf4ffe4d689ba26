import { expect } from 'chai'
import type { TripReading } from '../../../services/telemetry/track/trips.ts'
import { tripsOf } from '../../../services/telemetry/track/trips.ts'
import { noon } from '../../support/builders.ts'

const metres = 1 / 111_195

/** Readings of a vehicle that drives east and reports every ten seconds; speeds in m/s. */
function aDrive(...speeds: number[]): TripReading[] {
  let east = 0
  return speeds.map((speed, index) => {
    east += speed * 10
    return { at: noon + index * 10_000_000, latitude: 0, longitude: east * metres, speed }
  })
}
const times = (count: number, speed: number) => Array.from({ length: count }, () => speed)
/** Start and end in seconds after the first reading. */
const seconds = ({ from, to }: { from: number; to: number }) => [
  (from - noon) / 1e6,
  (to - noon) / 1e6,
]
const spansOf = (readings: readonly TripReading[]) => {
  const { trips, stops } = tripsOf(readings)
  return { trips: trips.map(seconds), stops: stops.map(seconds) }
}

describe('tripsOf', () => {
  it('returns no trips and no stops for no readings, or for a short time without movement', () => {
    expect(tripsOf([])).to.deep.equal({ trips: [], stops: [] })
    expect(tripsOf(aDrive(0, 0, 0))).to.deep.equal({ trips: [], stops: [] })
  })

  it('returns the times, distance and speeds of a trip', () => {
    const [trip, ...more] = tripsOf(aDrive(10, 20, 10, 10)).trips
    expect(more).to.deep.equal([])
    expect(trip).to.include({ from: noon, to: noon + 30_000_000, maxSpeed: 20, readings: 4 })
    expect(trip?.distance).to.be.closeTo(400, 0.5)
    expect(trip?.meanSpeed).to.be.closeTo(400 / 30, 0.05)
  })

  it('does not end a trip at a traffic light', () => {
    const drive = aDrive(...times(6, 10), ...times(12, 0), ...times(6, 10))
    expect(spansOf(drive)).to.deep.equal({ trips: [[0, 230]], stops: [] })
  })

  it('ends a trip when the vehicle stands for two minutes', () => {
    const drive = aDrive(...times(6, 10), ...times(13, 0), ...times(6, 10))
    expect(spansOf(drive)).to.deep.equal({
      trips: [
        [0, 50],
        [190, 240],
      ],
      stops: [[60, 180]],
    })
  })

  it('treats position noise of a parked vehicle as standing', () => {
    const drive = aDrive(...times(20, 0), 0.6, ...times(20, 0), ...times(6, 10))
    expect(spansOf(drive)).to.deep.equal({ trips: [[410, 460]], stops: [[0, 400]] })
  })

  it('ends a trip when the vehicle is silent, and adds a stop if it is in the same place afterwards', () => {
    const before = aDrive(...times(6, 10))
    const elsewhere = aDrive(...times(6, 10)).map((reading) => ({
      ...reading,
      at: reading.at + 3_600_000_000,
      longitude: reading.longitude + 1,
    }))
    expect(spansOf([...before, ...elsewhere])).to.deep.equal({
      trips: [
        [0, 50],
        [3600, 3650],
      ],
      stops: [],
    })
    const samePlace = elsewhere.map((reading) => ({
      ...reading,
      longitude: reading.longitude - 1 + 500 * metres,
    }))
    expect(spansOf([...before, ...samePlace]).stops).to.deep.equal([[50, 3600]])
  })

  it('returns the same trips for late readings as for readings in time', () => {
    const whole = aDrive(...times(10, 10), ...times(30, 0), ...times(10, 10))
    const late = whole.filter((_, index) => index < 8 || index > 45)
    expect(tripsOf(late)).to.not.deep.equal(tripsOf(whole))
    const missing = whole.filter((reading) => !late.includes(reading))
    const merged = [...late, ...missing].sort((left, right) => left.at - right.at)
    expect(tripsOf(merged)).to.deep.equal(tripsOf(whole))
  })

  it('handles 200,000 readings', () => {
    const [reading] = aDrive(1)
    const drive = Array.from({ length: 200_000 }, (_, index) => ({
      ...reading!,
      at: noon + index * 1_000_000,
      longitude: index * metres,
    }))
    const { trips } = tripsOf(drive)
    expect(trips.length).to.equal(1)
    expect(trips[0]?.readings).to.equal(200_000)
  })
})
