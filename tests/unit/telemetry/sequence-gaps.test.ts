import { expect } from 'chai'
import fc from 'fast-check'
import type { SeenSequences } from '../../../services/telemetry/track/sequence-gaps.ts'
import {
  countGaps,
  noSequencesSeen,
  addSeenSequence,
} from '../../../services/telemetry/track/sequence-gaps.ts'

/** Sequences in the order of their arrival; each is as old as its number says. */
function addAll(sequences: readonly number[]): SeenSequences {
  let newest = -1
  return sequences.reduce((seen, sequence) => {
    const isNewest = sequence > newest
    newest = Math.max(newest, sequence)
    return addSeenSequence(seen, sequence, isNewest)
  }, noSequencesSeen)
}
const gapsOf = (...sequences: number[]) => countGaps(addAll(sequences))

describe('gaps in a sequence', () => {
  it('are none while nothing is missing', () => {
    expect(countGaps(noSequencesSeen)).to.equal(0)
    expect(gapsOf(5)).to.equal(0)
    expect(gapsOf(5, 6, 7)).to.equal(0)
  })

  it('are counted where something is missing, and filled by what comes late', () => {
    expect(gapsOf(1, 4)).to.equal(2)
    expect(gapsOf(1, 4, 2)).to.equal(1)
    expect(gapsOf(1, 4, 3, 2)).to.equal(0)
  })

  it('do not change by what comes twice, or was before the first', () => {
    expect(gapsOf(10, 12, 12, 10)).to.equal(1)
    expect(gapsOf(10, 12, 3)).to.equal(1)
  })

  it('begin anew where a vehicle counts anew, below or far above', () => {
    const restarted = addSeenSequence(addAll([100, 105]), 1, true)
    expect(restarted).to.deep.equal({ runs: [{ first: 1, last: 1 }], forgottenGaps: 0 })
    expect(gapsOf(1, 3, 1_000_000)).to.equal(0)
    expect(gapsOf(1, 100_001)).to.equal(99_999)
  })

  it('stay bounded in memory, and the count stays', () => {
    const odd = Array.from({ length: 200 }, (_, index) => 2 * index + 1)
    const seen = addAll(odd)
    expect(seen.runs.length).to.equal(16)
    expect(countGaps(seen)).to.equal(199)
  })

  it('are those that are missing in the end, in whatever order the rest came', () => {
    const arrivals = fc.uniqueArray(fc.integer({ min: 1, max: 30 }), {
      minLength: 1,
      maxLength: 30,
    })
    fc.assert(
      fc.property(arrivals, fc.array(fc.nat({ max: 29 })), (sequences, doubled) => {
        const known = sequences.filter((sequence) => sequence >= (sequences[0] ?? 0))
        const again = doubled.map((at) => known[at % known.length] ?? 0)
        const missing = Math.max(...known) - Math.min(...known) + 1 - known.length
        expect(gapsOf(...sequences, ...again)).to.equal(missing)
      }),
    )
  })
})
