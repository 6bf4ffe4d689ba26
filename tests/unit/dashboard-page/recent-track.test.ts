import { expect } from 'chai'
import { RecentDrive } from '../../../services/dashboard/page/recent-drive.ts'
import { RecentTrack, toLines } from '../../../services/dashboard/page/state/recent-track.ts'
import { ServerClock } from '../../../services/dashboard/page/state/server-clock.ts'
import type { View } from '../../../services/dashboard/page/state/view.ts'
import type { TrackPoint } from '../../../services/dashboard/api/history.ts'
import { aPoint, aSession, aVehicle, metre, noon } from './vehicles.ts'

const longestGap = 10_000
const metresEastOf = (line: readonly (readonly [number, number])[]): number[] =>
  line.map(([longitude]) => Math.round(longitude / metre))

describe('RecentTrack and toLines', () => {
  it('sort points by time and keep each time once, in any order of arrival', () => {
    const recent = new RecentTrack(600_000)
    recent.add(aVehicle({ recordedAt: '2026-11-21T12:00:03Z', longitude: 3 }))
    recent.add(aVehicle({ recordedAt: '2026-11-21T12:00:02Z', longitude: 2 }))
    recent.addStored([aPoint(1), aPoint(2), aPoint(3)])
    expect(recent.points.map(([at]) => (at - noon) / 1000)).to.deep.equal([1, 2, 3])
  })

  it('drop points that are older than the retention', () => {
    const recent = new RecentTrack(2000)
    recent.addStored([aPoint(0), aPoint(1), aPoint(2), aPoint(3)])
    expect(recent.points.map(([at]) => (at - noon) / 1000)).to.deep.equal([1, 2, 3])
  })

  it('interrupt the line at a gap', () => {
    const points = [aPoint(0), aPoint(1), aPoint(40, 5_000), aPoint(41, 5_010)]
    const lines = toLines([...points, aPoint(99, 9_000)], longestGap)
    expect(lines.map(metresEastOf)).to.deep.equal([
      [0, 10],
      [5_000, 5_010],
    ])
  })

  it('draw one line for a vehicle that reports once a minute, and for a simplified track', () => {
    const lines = toLines([aPoint(0), aPoint(60), aPoint(120), aPoint(240)], longestGap)
    expect(lines.map(metresEastOf)).to.deep.equal([[0, 600, 1_200, 2_400]])
  })

  it('draw one short line across the 180th meridian', () => {
    const across = [aPoint(0), aPoint(1), aPoint(61)].map(([at], index): TrackPoint => {
      return [at, [179.9999, -179.9999, -179.9945][index] ?? 0, 0, 10, 90]
    })
    const [line, ...others] = toLines(across, longestGap)
    expect(others).to.deep.equal([])
    expect(line?.map(([longitude]) => Number(longitude.toFixed(4)))).to.deep.equal([
      179.9999, 180.0001, 180.0055,
    ])
  })
})

describe('RecentDrive', () => {
  const showing = (view: Partial<View>) => {
    const session = aSession(view)
    const shown: number[] = []
    new RecentDrive(session, (points) => shown.push(points.length))
    session.applyVehicles({ now: '2026-11-21T12:00:00Z', vehicles: [aVehicle()] })
    return { session, shown }
  }

  it('clears the trail when the vehicle is no longer selected, in any mode', () => {
    const { session, shown } = showing({ vin: 'TEST-1' })
    expect(shown).to.deep.equal([0, 1])
    session.updateView({ mode: 'health' })
    session.updateView({ vin: undefined })
    session.updateView({ mode: 'live' })
    expect(shown.slice(2)).to.deep.equal([0, 0])
  })

  it('replaces the track of the history after a return to the live view', () => {
    const { session, shown } = showing({ mode: 'history', vin: 'TEST-1' })
    expect(shown).to.deep.equal([0])
    session.updateView({ mode: 'health' })
    session.select(undefined)
    session.updateView({ mode: 'live' })
    expect(shown.slice(1)).to.deep.equal([0, 0])
  })
})

describe('ServerClock', () => {
  it('uses the message with the smallest delay', () => {
    const clock = new ServerClock()
    clock.observe(noon + 900, noon)
    clock.observe(noon + 1500, noon + 500)
    clock.observe(noon + 1600, noon + 1000)
    expect(clock.at(noon + 2000)).to.equal(noon + 3000)
  })

  it('adopts a new offset after a clock was set', () => {
    const clock = new ServerClock()
    clock.observe(noon + 60_000, noon)
    clock.observe(noon, noon)
    expect(clock.at(noon)).to.equal(noon)
  })
})
