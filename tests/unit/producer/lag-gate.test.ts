import { expect } from 'chai'
import { LagGate } from '../../../services/producer/limits/lag-gate.ts'
import { lagOf } from '../../../services/producer/limits/watch-lag.ts'

const start = 1_769_860_800_000

describe('LagGate', () => {
  it('never closes where the limit is 0, and knows the lag', () => {
    const gate = new LagGate(0)
    expect(gate.lag).to.equal(undefined)
    gate.update(1_000_000, start)
    expect([gate.isClosed(start), gate.lag]).to.deep.equal([false, 1_000_000])
  })

  it('closes above the limit, and opens again when a fifth of it is gone', () => {
    const gate = new LagGate(1_000)
    const closedAt = (lag: number): boolean => {
      gate.update(lag, start)
      return gate.isClosed(start)
    }
    const lags = [1_000, 1_001, 1_000, 801, 800, 801, 1_000, 1_001]
    const closed = [false, true, true, true, false, false, false, true]
    expect(lags.map(closedAt)).to.deep.equal(closed)
  })

  it('stays as it was for half a minute when nobody says the lag, and then is open', () => {
    const gate = new LagGate(10)
    gate.update(11, start)
    expect(gate.isClosed(start + 30_000)).to.equal(true)
    expect(gate.isClosed(start + 30_001)).to.equal(false)
    gate.update(11, start + 60_000)
    expect(gate.isClosed(start + 60_000)).to.equal(true)
  })

  it('is open before the first answer', () => {
    expect(new LagGate(10).isClosed(start)).to.equal(false)
  })
})

describe('lagOf', () => {
  const range = (low: number, high: number) => ({ low, high })

  it('adds up what is between the committed offsets and the ends', () => {
    const committed = new Map([
      [0, 4],
      [1, 20],
    ])
    expect(lagOf([range(0, 10), range(5, 20)], committed)).to.equal(6)
  })

  it('counts all of a partition of which nothing is said, and none of what retention deleted', () => {
    expect(lagOf([range(5, 10)], new Map())).to.equal(5)
    expect(lagOf([range(5, 10)], new Map([[0, 2]]))).to.equal(5)
  })

  it('counts nothing where more is committed than was seen, as the ends were asked before', () => {
    expect(lagOf([range(0, 10)], new Map([[0, 12]]))).to.equal(0)
  })
})
