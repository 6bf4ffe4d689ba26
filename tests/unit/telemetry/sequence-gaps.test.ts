import { expect } from 'chai'
import fc from 'fast-check'
import { SeenSequences } from '../../../services/telemetry/track/sequence-gaps.ts'

/** Adds sequence numbers in the order of arrival; a higher number means a later reading. */
function addAll(sequences: readonly number[]): SeenSequences {
  const seen = new SeenSequences()
  let newest = -1
  for (const sequence of sequences) {
    seen.add(sequence, sequence > newest)
    newest = Math.max(newest, sequence)
  }
  return seen
}
const gapsOf = (...sequences: number[]) => addAll(sequences).gaps

/** The same for few numbers: it keeps each of them. */
class SeenSet {
  #seen = new Set<number>()

  add(sequence: number, isNewest: boolean): void {
    const last = Math.max(...this.#seen)
    const isRestart = sequence > last + 100_000 || (isNewest && sequence < last)
    if (this.#seen.size === 0 || isRestart) this.#seen = new Set([sequence])
    else if (sequence > Math.min(...this.#seen)) this.#seen.add(sequence)
  }

  get gaps(): number {
    return Math.max(...this.#seen) - Math.min(...this.#seen) + 1 - this.#seen.size
  }
}

describe('SeenSequences', () => {
  it('count no gaps while no number is missing', () => {
    expect(new SeenSequences().gaps).to.equal(0)
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
    const seen = addAll([100, 105])
    seen.add(1, true)
    expect([seen.gaps, seen.runs]).to.deep.equal([0, [{ first: 1, last: 1 }]])
    seen.add(3, true)
    expect(seen.gaps).to.equal(1)
    expect(gapsOf(1, 3, 1_000_000)).to.equal(0)
    expect(gapsOf(1, 100_001)).to.equal(99_999)
  })

  it('keep at most 16 runs and still count all gaps', () => {
    const odd = Array.from({ length: 200 }, (_, index) => 2 * index + 1)
    const seen = addAll(odd)
    expect(seen.runs.length).to.equal(16)
    expect(seen.gaps).to.equal(199)
    seen.add(1, true)
    seen.add(3, true)
    expect(seen.gaps).to.equal(1)
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

  it('count the same as a set of all numbers, after each arrival, restart and jump', () => {
    const arrival = fc.record({
      sequence: fc.oneof(fc.integer({ min: 1, max: 24 }), fc.constantFrom(100_010, 100_024)),
      isNewest: fc.boolean(),
    })
    fc.assert(
      fc.property(fc.array(arrival, { minLength: 1 }), (arrivals) => {
        const [seen, all] = [new SeenSequences(), new SeenSet()]
        for (const { sequence, isNewest } of arrivals) {
          seen.add(sequence, isNewest)
          all.add(sequence, isNewest)
          expect(seen.gaps).to.equal(all.gaps)
        }
      }),
    )
  })
})
