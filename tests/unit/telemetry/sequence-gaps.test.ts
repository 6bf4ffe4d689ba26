import { expect } from 'chai'
import fc from 'fast-check'
import type { SeenSequences } from '../../../services/telemetry/track/sequence-gaps.ts'
import {
  countGaps,
  noSequencesSeen,
  addSeenSequence,
} from '../../../services/telemetry/track/sequence-gaps.ts'

/** Adds sequence numbers in the order of arrival; a higher number means a later reading. */
function addAll(sequences: readonly number[]): SeenSequences {
  let newest = -1
  return sequences.reduce((seen, sequence) => {
    const isNewest = sequence > newest
    newest = Math.max(newest, sequence)
    return addSeenSequence(seen, sequence, isNewest)
  }, noSequencesSeen)
}
const gapsOf = (...sequences: number[]) => countGaps(addAll(sequences))

describe('countGaps and addSeenSequence', () => {
  it('count no gaps while no number is missing', () => {
    expect(countGaps(noSequencesSeen)).to.equal(0)
    expect(gapsOf(5)).to.equal(0)
    expect(gapsOf(5, 6, 7)).to.equal(0)
  })

  it('count missing numbers, and no longer count those that arrive late', () => {
    expect(gapsOf(1, 4)).to.equal(2)
    expect(gapsOf(1, 4, 2)).to.equal(1)
    expect(gapsOf(1, 4, 3, 2)).to.equal(0)
  })

  it('ignore duplicates and numbers below the first one', () => {
    expect(gapsOf(10, 12, 12, 10)).to.equal(1)
    expect(gapsOf(10, 12, 3)).to.equal(1)
  })

  it('restart if the numbers of a vehicle jump back or far ahead', () => {
    const restarted = addSeenSequence(addAll([100, 105]), 1, true)
    expect(restarted).to.deep.equal({ runs: [{ first: 1, last: 1 }], forgottenGaps: 0 })
    expect(gapsOf(1, 3, 1_000_000)).to.equal(0)
    expect(gapsOf(1, 100_001)).to.equal(99_999)
  })

  it('keep at most 16 runs and still count all gaps', () => {
    const odd = Array.from({ length: 200 }, (_, index) => 2 * index + 1)
    const seen = addAll(odd)
    expect(seen.runs.length).to.equal(16)
    expect(countGaps(seen)).to.equal(199)
  })

  it('count the numbers that are missing in the end, in any order of arrival', () => {
    const arrivals = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), {
      minLength: 1,
      maxLength: 30,
    })
    fc.assert(
      fc.property(arrivals, fc.array(fc.nat({ max: 29 })), (sequences, repeatedIndexes) => {
        const known = sequences.filter((sequence) => sequence >= (sequences[0] ?? 0))
        const duplicates = repeatedIndexes.map((at) => known[at % known.length] ?? 0)
        const missing = Math.max(...known) - Math.min(...known) + 1 - known.length
        expect(gapsOf(...sequences, ...duplicates)).to.equal(missing)
      }),
    )
  })
})
