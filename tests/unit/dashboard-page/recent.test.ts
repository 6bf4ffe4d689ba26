import { expect } from 'chai'
import { Recent, toLines } from '../../../services/dashboard/page/state/recent.ts'
import { ServerClock } from '../../../services/dashboard/page/state/server-clock.ts'
import type { TrackPoint } from '../../../services/dashboard/page/wire.ts'
import { aVehicle, noon } from './vehicles.ts'

const point = (second: number, speed = 10): TrackPoint => [
  noon + second * 1000,
  second,
  0,
  speed,
  90,
]

describe('the last minutes of a vehicle', () => {
  it('are in order, each moment once, however they came', () => {
    const recent = new Recent(600_000)
    recent.add(aVehicle({ recordedAt: '2026-11-21T12:00:03Z', longitude: 3 }))
    recent.add(aVehicle({ recordedAt: '2026-11-21T12:00:02Z', longitude: 2 }))
    recent.addStored([point(1), point(2), point(3)])
    expect(recent.points.map(([at]) => (at - noon) / 1000)).to.deep.equal([1, 2, 3])
  })

  it('forget what is older', () => {
    const recent = new Recent(2000)
    recent.addStored([point(0), point(1), point(2), point(3)])
    expect(recent.points.map(([at]) => (at - noon) / 1000)).to.deep.equal([1, 2, 3])
  })

  it('are a line that breaks where nothing is known', () => {
    const lines = toLines([point(0), point(1), point(40), point(41), point(99)])
    expect(lines).to.deep.equal([
      [
        [0, 0],
        [1, 0],
      ],
      [
        [40, 0],
        [41, 0],
      ],
    ])
  })
})

describe("the server's clock", () => {
  it('is told from the message that waited least', () => {
    const clock = new ServerClock()
    clock.observe(noon + 900, noon)
    clock.observe(noon + 1500, noon + 500)
    clock.observe(noon + 1600, noon + 1000)
    expect(clock.at(noon + 2000)).to.equal(noon + 3000)
  })

  it('follows when a clock was set', () => {
    const clock = new ServerClock()
    clock.observe(noon + 60_000, noon)
    clock.observe(noon, noon)
    expect(clock.at(noon)).to.equal(noon)
  })
})
