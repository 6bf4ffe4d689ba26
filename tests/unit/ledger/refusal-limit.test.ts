import { expect } from 'chai'
import type { JudgedBatch } from '../../../services/ledger/refusal-limit.ts'
import { firstVehicles, RefusalLimit } from '../../../services/ledger/refusal-limit.ts'

/** A batch of `rows` rows of vehicles A, B and C, of which a trigger refused `refused` rows of A and B. */
function aJudgedBatch(
  rows: number,
  refused: number,
  overrides: Partial<JudgedBatch> = {},
): JudgedBatch {
  const refusedVehicles = refused === 0 ? [] : ['A', 'B']
  return { at: 0, rows, refused, vehicles: ['A', 'B', 'C'], refusedVehicles, ...overrides }
}

describe('RefusalLimit', () => {
  let limit: RefusalLimit
  beforeEach(() => {
    limit = new RefusalLimit()
  })

  it('is exceeded if more than half of 20 rows of 3 vehicles are refused', () => {
    expect(limit.isExceededBy(aJudgedBatch(20, 11))).to.equal(true)
    expect(limit.isExceededBy(aJudgedBatch(20, 10))).to.equal(false)
    expect(limit.isExceededBy(aJudgedBatch(21, 11))).to.equal(true)
    expect(limit.isExceededBy(aJudgedBatch(19, 19))).to.equal(false)
  })

  it('is not exceeded by rows of two vehicles', () => {
    const two = { vehicles: ['A', 'B'] }
    expect(limit.isExceededBy(aJudgedBatch(500, 500, two))).to.equal(false)
  })

  it('is not exceeded if all refused rows are of one vehicle', () => {
    const one = { refusedVehicles: ['A'] }
    expect(limit.isExceededBy(aJudgedBatch(500, 499, one))).to.equal(false)
  })

  it('judges a small batch together with the batches stored before it', () => {
    for (let batch = 0; batch < 3; batch += 1) limit.recordStored(aJudgedBatch(5, 5))
    expect(limit.isExceededBy(aJudgedBatch(4, 4))).to.equal(false)
    expect(limit.isExceededBy(aJudgedBatch(5, 5))).to.equal(true)
    expect(limit.isExceededBy(aJudgedBatch(5, 0))).to.equal(true)
    const small = { vehicles: ['D'], refusedVehicles: ['D'] }
    expect(limit.isExceededBy(aJudgedBatch(5, 5, small))).to.equal(true)
  })

  it('judges a batch of 20 rows without the batches stored before it', () => {
    for (let batch = 0; batch < 10; batch += 1) limit.recordStored(aJudgedBatch(19, 19))
    expect(limit.isExceededBy(aJudgedBatch(20, 1))).to.equal(false)
    limit.recordStored(aJudgedBatch(5_000, 0))
    expect(limit.isExceededBy(aJudgedBatch(20, 20))).to.equal(true)
  })

  it('needs no more earlier rows than make 20', () => {
    limit.recordStored(aJudgedBatch(1_000, 0))
    for (let batch = 0; batch < 19; batch += 1) limit.recordStored(aJudgedBatch(1, 1))
    expect(limit.isExceededBy(aJudgedBatch(1, 1))).to.equal(true)
  })

  it('forgets batches after a minute', () => {
    limit.recordStored(aJudgedBatch(19, 19, { at: 1_000 }))
    expect(limit.isExceededBy(aJudgedBatch(1, 1, { at: 61_000 }))).to.equal(true)
    expect(limit.isExceededBy(aJudgedBatch(1, 1, { at: 61_001 }))).to.equal(false)
  })
})

describe('firstVehicles', () => {
  it('returns at most three different vehicles', () => {
    expect(firstVehicles(['A', 'A', 'B', 'A', 'C', 'D'])).to.deep.equal(['A', 'B', 'C'])
    expect(firstVehicles([])).to.deep.equal([])
  })
})
