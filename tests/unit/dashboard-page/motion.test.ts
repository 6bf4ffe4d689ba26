import { expect } from 'chai'
import {
  nextLeg,
  placeAt,
  toDegrees,
  toMercator,
  turnBetween,
} from '../../../services/dashboard/page/state/motion.ts'

const metre = 1 / 40_075_016.686
const at = (metres: number, heading = 0) => ({ x: 0.5 + metres * metre, y: 0.5, heading })
const first = nextLeg(undefined, at(0), { now: 0, gapMs: 0 })

describe('nextLeg and placeAt', () => {
  it('place the arrow at the first reading', () => {
    expect(placeAt(first, 0)).to.deep.equal(at(0))
    expect(placeAt(first, 99_999)).to.deep.equal(at(0))
  })

  it('move the arrow immediately and evenly to the next reading, where it stops', () => {
    const leg = nextLeg(first, at(12), { now: 1000, gapMs: 1000 })
    expect((placeAt(leg, 1000).x - 0.5) / metre).to.be.closeTo(0, 1e-6)
    expect((placeAt(leg, 1600).x - 0.5) / metre).to.be.closeTo(6, 1e-6)
    expect(placeAt(leg, 2200)).to.deep.equal(at(12))
    expect(placeAt(leg, 60_000), 'no extrapolation beyond the reading').to.deep.equal(at(12))
  })

  it('continue from the current place when the next reading arrives early', () => {
    const leg = nextLeg(first, at(12), { now: 1000, gapMs: 1000 })
    const next = nextLeg(leg, at(24), { now: 1600, gapMs: 1000 })
    expect((placeAt(next, 1600).x - 0.5) / metre).to.be.closeTo(6, 1e-6)
    expect(placeAt(next, 2800)).to.deep.equal(at(24))
  })

  it('keep the leg when the same reading arrives again', () => {
    const leg = nextLeg(first, at(12), { now: 1000, gapMs: 1000 })
    expect(nextLeg(leg, at(12), { now: 1600, gapMs: 0 })).to.deep.equal(leg)
  })

  it('jump after a long gap and over a long distance', () => {
    expect(placeAt(nextLeg(first, at(50), { now: 0, gapMs: 15_001 }), 0)).to.deep.equal(at(50))
    expect(placeAt(nextLeg(first, at(1001), { now: 0, gapMs: 1000 }), 0)).to.deep.equal(at(1001))
  })

  it('rotate the arrow in the shorter direction', () => {
    expect([turnBetween(350, 10), turnBetween(10, 350), turnBetween(0, 180)]).to.deep.equal([
      20, -20, -180,
    ])
    const start = nextLeg(undefined, at(0, 350), { now: 0, gapMs: 0 })
    const leg = nextLeg(start, at(0, 10), { now: 0, gapMs: 1000 })
    expect(placeAt(leg, 600).heading).to.be.closeTo(0, 1e-9)
  })
})

describe('toMercator and toDegrees', () => {
  it('scale the world to 0 … 1 with north at 0', () => {
    expect(toMercator(-180, 0).x).to.equal(0)
    expect(toMercator(0, 0)).to.deep.equal({ x: 0.5, y: 0.5 })
    expect(toMercator(0, 90).y).to.be.closeTo(0, 1e-6)
  })

  it('convert degrees to Mercator and back without a change', () => {
    const [longitude, latitude] = toDegrees(toMercator(-122.4194, 37.7749))
    expect(longitude).to.be.closeTo(-122.4194, 1e-9)
    expect(latitude).to.be.closeTo(37.7749, 1e-9)
  })
})
