import { expect } from 'chai'
import { startOffsetOf } from '../../../services/ledger/start-offset.ts'

const range = { low: 10, high: 20 }

describe('startOffsetOf', () => {
  it('returns the first offset for earliest and the end for latest, whatever is committed', () => {
    for (const committed of [undefined, 15]) {
      expect(startOffsetOf(range, 'earliest', committed)).to.equal(10)
      expect(startOffsetOf(range, 'latest', committed)).to.equal(20)
    }
  })

  it('returns the committed offset for committed, also at the first offset and at the end', () => {
    for (const committed of [10, 15, 20])
      expect(startOffsetOf(range, 'committed', committed)).to.equal(committed)
  })

  it('returns the first offset for committed without a commit that the partition has', () => {
    for (const committed of [undefined, 0, 9, 21])
      expect(startOffsetOf(range, 'committed', committed)).to.equal(10)
  })
})
