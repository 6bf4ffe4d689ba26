import { expect } from 'chai'
import { LagGate } from '../../../services/producer/limits/lag-gate.ts'
import { lagOf } from '../../../services/producer/limits/watch-lag.ts'

const start = 1_769_860_800_000

describe('LagGate', () => {
  it('never closes if the limit is 0, and still reports the lag', () => {
    const gate = new LagGate(0)
    expect(gate.lag).to.equal(undefined)
    gate.update(1_000_000, start)
    expect([gate.isClosed(start), gate.lag]).to.deep.equal([false, 1_000_000])
  })

  it('closes above the limit and opens again at 80 % of it', () => {
    const gate = new LagGate(1_000)
    const closedAt = (lag: number): boolean => {
      gate.update(lag, start)
      return gate.isClosed(start)
    }
    const lags = [1_000, 1_001, 1_000, 801, 800, 801, 1_000, 1_001]
    const closed = [false, true, true, true, false, false, false, true]
    expect(lags.map(closedAt)).to.deep.equal(closed)
  })

  it('stays closed for 30 seconds without an update and then opens', () => {
    const gate = new LagGate(10)
    gate.update(11, start)
    expect(gate.isClosed(start + 30_000)).to.equal(true)
    expect(gate.isClosed(start + 30_001)).to.equal(false)
    gate.update(11, start + 60_000)
    expect(gate.isClosed(start + 60_000)).to.equal(true)
  })

  it('is open before the first update', () => {
    expect(new LagGate(10).isClosed(start)).to.equal(false)
  })
})

describe('lagOf', () => {
  const range = (low: number, high: number) => ({ low, high })

  it('sums the records between the committed offsets and the ends of the partitions', () => {
    const committed = new Map([
      [0, 4],
      [1, 20],
    ])
    expect(lagOf([range(0, 10), range(5, 20)], committed)).to.equal(6)
  })

  it('counts a partition without a committed offset in full, without the records that retention deleted', () => {
    expect(lagOf([range(5, 10)], new Map())).to.equal(5)
    expect(lagOf([range(5, 10)], new Map([[0, 2]]))).to.equal(5)
  })

  it('counts 0 if the committed offset is above the end that was read earlier', () => {
    expect(lagOf([range(0, 10)], new Map([[0, 12]]))).to.equal(0)
  })
})
