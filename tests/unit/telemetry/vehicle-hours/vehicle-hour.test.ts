import { expect } from 'chai'
import type { TripReading } from '../../../../services/telemetry/trips/trip.ts'
import { tripsOf } from '../../../../services/telemetry/trips/trips.ts'
import { vehicleHourOf } from '../../../../services/telemetry/vehicle-hours/vehicle-hour.ts'
import { aPosition, at, tripRules } from '../../../support/trip-tracks.ts'

/** The hour from noon. */
const hourOf = (readings: readonly TripReading[]) => vehicleHourOf(readings, tripRules, at(0))

/** Readings every ten seconds. @param metresAt of a second after noon */
function everyTenSeconds(
  from: number,
  to: number,
  metresAt: (seconds: number) => number,
): TripReading[] {
  const readings: TripReading[] = []
  for (let seconds = from; seconds <= to; seconds += 10) {
    readings.push(aPosition(seconds, metresAt(seconds)))
  }
  return readings
}

describe('vehicleHourOf', () => {
  it('returns undefined without readings around the hour', () => {
    expect(hourOf([])).to.equal(undefined)
    expect(hourOf([aPosition(-100, 0)])).to.equal(undefined)
  })

  it('returns distance, times and speeds of the part in the hour of a drive through the hour', () => {
    const readings = everyTenSeconds(-600, 4_200, (seconds) => seconds * 12)
    const hour = hourOf(readings)
    expect(hour?.distanceMillimetres).to.be.closeTo(3_600 * 12 * 1000, 100_000)
    expect(hour).to.include({ drivingMs: 3_600_000, idleMs: 0, readings: 360, gaps: 0, stops: 0 })
    expect(hour?.meanSpeed).to.be.closeTo(12, 0.05)
    expect(hour?.maxSpeed).to.be.at.least(hour?.meanSpeed ?? NaN)
  })

  it('returns idle time and no speeds for a vehicle that stands', () => {
    const hour = hourOf(everyTenSeconds(-600, 4_200, () => 5))
    expect(hour).to.deep.equal({
      distanceMillimetres: 0,
      drivingMs: 0,
      idleMs: 3_600_000,
      maxSpeed: null,
      meanSpeed: null,
      readings: 360,
      gaps: 0,
      stops: 0,
    })
  })

  it('counts a stop where its trip ends, and not in the next hour', () => {
    const metresAt = (seconds: number) => Math.min(seconds, 3_000) * 10
    const readings = everyTenSeconds(0, 9_000, metresAt)
    expect(hourOf(readings)?.stops).to.equal(1)
    expect(vehicleHourOf(readings, tripRules, at(3_600))?.stops).to.equal(0)
  })

  it('counts a stop and a gap where the readings end with a trip, and neither of them in a drive', () => {
    const metresAt = (seconds: number) => seconds * 10
    const driving = everyTenSeconds(0, 1_000, metresAt)
    expect(hourOf(driving)).to.include({ stops: 1, gaps: 1 })
    // Twenty minutes later the vehicle is elsewhere: it was not seen standing.
    const further = everyTenSeconds(2_200, 5_300, metresAt)
    expect(hourOf([...driving, ...further])).to.include({ stops: 0, gaps: 1 })
    const jumped = everyTenSeconds(1_010, 5_300, (seconds) => seconds * 10 + 50_000)
    expect(hourOf([...driving, ...jumped])).to.include({ stops: 0, gaps: 0 })
  })

  it('counts a silence at a stop as idle time, also in an hour without readings', () => {
    const readings = [
      ...everyTenSeconds(-1_500, -600, () => 0),
      ...everyTenSeconds(4_000, 5_300, () => 0),
    ]
    expect(hourOf(readings)).to.include({ idleMs: 3_600_000, readings: 0, gaps: 0 })
  })

  it('counts all readings of an instant, and those that are set aside', () => {
    const readings = everyTenSeconds(0, 1_000, () => 0)
    const far = aPosition(505, 400_000)
    const all = [...readings.slice(0, 51), far, far, ...readings.slice(51)]
    expect(hourOf(all)).to.include({ readings: 103, drivingMs: 0, idleMs: 1_000_000 })
  })

  it('agrees with the trips and stops of the page for the same hour', () => {
    const metresAt = (seconds: number) => (seconds % 1_500 < 900 ? seconds * 8 : 0)
    const readings = everyTenSeconds(-1_800, 5_390, metresAt)
    const { trips, stops } = tripsOf(readings, tripRules, { from: at(0), to: at(3_600) })
    const millis = (spans: readonly { readonly from: number; readonly to: number }[]) =>
      spans.reduce((sum, { from, to }) => sum + (to - from) / 1000, 0)
    const hour = hourOf(readings)
    expect(hour).to.include({
      drivingMs: millis(trips),
      idleMs: millis(stops),
      distanceMillimetres: Math.round(
        trips.reduce((sum, { distance }) => sum + distance, 0) * 1000,
      ),
      maxSpeed: Math.max(...trips.map(({ maxSpeed }) => maxSpeed)),
    })
  })
})
