import { expect } from 'chai'
import { tripsOf } from '../../../../services/telemetry/trips/trips.ts'
import { at, recordedTrack, secondsOf, tripRules } from '../../../support/trip-tracks.ts'

const day = 86_400
const hours = (hour: number, minute: number, second = 0) => (hour * 60 + minute) * 60 + second

describe('tripsOf, for recorded tracks', () => {
  it('ends a trip at a silence of 42 minutes when the vehicle is elsewhere afterwards', () => {
    const { trips, stops } = tripsOf(recordedTrack('two-drives'), tripRules)
    expect(trips.map(secondsOf)).to.deep.equal([
      [0, 70],
      [2_600, 2_670],
    ])
    for (const { distance } of trips) expect(distance).to.be.closeTo(778, 1)
    expect(stops).to.deep.equal([])
  })

  it('finds the trip of a tracker that reports no speed', () => {
    const { trips, stops } = tripsOf(recordedTrack('speed-always-0'), tripRules)
    expect(trips.map(secondsOf)).to.deep.equal([[0, 300]])
    expect(trips[0]?.distance).to.be.closeTo(6_004, 1)
    expect(trips[0]?.readings).to.equal(61)
    expect(stops.map(secondsOf)).to.deep.equal([[300, 495]])
  })

  it('finds one stop and no trip in the position noise of a parked vehicle', () => {
    const { trips, stops } = tripsOf(recordedTrack('parked-noise'), tripRules)
    expect(trips).to.deep.equal([])
    expect(stops.map(secondsOf)).to.deep.equal([[0, 365]])
  })

  it('leaves out one position at latitude 0, longitude 0', () => {
    const { trips, stops } = tripsOf(recordedTrack('one-zero-position'), tripRules)
    expect(trips.map(secondsOf)).to.deep.equal([[0, 195]])
    expect(trips[0]?.distance).to.be.closeTo(3_035, 1)
    expect(trips[0]?.maxSpeed).to.be.lessThan(16)
    expect(trips[0]?.meanSpeed).to.be.at.most(trips[0]?.maxSpeed ?? 0)
    expect(stops).to.deep.equal([])
  })

  it('finds the trip of a tracker that reports every five minutes', () => {
    const { trips, stops } = tripsOf(recordedTrack('report-every-300-s'), tripRules)
    expect(trips.map(secondsOf)).to.deep.equal([[0, 3_300]])
    expect(trips[0]?.distance).to.be.closeTo(55_042, 10)
    expect(stops).to.deep.equal([])
  })

  it('finds the stop overnight in both days together and in each day', () => {
    const readings = recordedTrack('overnight')
    const arrival = hours(21, 50, 25)
    const departure = day + hours(7, 0)
    const stopsIn = (from: number, to: number) =>
      tripsOf(readings, tripRules, { from: at(from), to: at(to) }).stops.map((stop) => {
        const { beganBefore, endsAfter } = stop
        return [...secondsOf(stop), { beganBefore, endsAfter }]
      })
    expect(stopsIn(0, 2 * day)).to.deep.equal([
      [arrival, departure, { beganBefore: false, endsAfter: false }],
    ])
    expect(stopsIn(0, day)).to.deep.equal([[arrival, day, { beganBefore: false, endsAfter: true }]])
    expect(stopsIn(day, 2 * day)).to.deep.equal([
      [day, departure, { beganBefore: true, endsAfter: false }],
    ])
  })
})
