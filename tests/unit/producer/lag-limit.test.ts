import { expect } from 'chai'
import { LagLimit } from '../../../services/producer/limits/lag-limit.ts'
import { lagOf } from '../../../services/producer/limits/watch-lag.ts'

const start = 1_769_860_800_000

describe('LagLimit', () => {
  it('is never reached if it is 0, and still reports the lag', () => {
    const limit = new LagLimit(0)
    expect(limit.lag).to.equal(undefined)
    limit.update(1_000_000, start)
    expect([limit.isReached(start), limit.lag]).to.deep.equal([false, 1_000_000])
  })

  it('is reached above the limit until the lag is at or below 80 % of it', () => {
    const limit = new LagLimit(1_000)
    const isReachedAt = (lag: number): boolean => {
      limit.update(lag, start)
      return limit.isReached(start)
    }
    const lags = [1_000, 1_001, 1_000, 801, 800, 801, 1_000, 1_001]
    const expected = [false, true, true, true, false, false, false, true]
    expect(lags.map(isReachedAt)).to.deep.equal(expected)
  })

  it('ends 30 seconds after the last update', () => {
    const limit = new LagLimit(10)
    limit.update(11, start)
    expect(limit.isReached(start + 30_000)).to.equal(true)
    expect(limit.isReached(start + 30_001)).to.equal(false)
    limit.update(11, start + 60_000)
    expect(limit.isReached(start + 60_000)).to.equal(true)
  })

  it('is not reached before the first update', () => {
    expect(new LagLimit(10).isReached(start)).to.equal(false)
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
