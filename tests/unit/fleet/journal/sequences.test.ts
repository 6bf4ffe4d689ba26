import { expect } from 'chai'
import { Sequences } from '../../../../fleet/journal/sequences.ts'

describe('Sequences', () => {
  it('begins at 0 and continues after the highest used sequence', () => {
    const sequences = new Sequences()
    expect(sequences.nextOf('V1')).to.equal(0)
    sequences.markUsed('V1', 7)
    sequences.markUsed('V1', 3)
    expect([sequences.nextOf('V1'), sequences.nextOf('V2')]).to.deep.equal([8, 0])
  })

  it('is the same after its marks are stored and restored', () => {
    const [before, after] = [new Sequences(), new Sequences()]
    before.markUsed('V1', 7)
    before.skipToClock(1_000)
    before.markUsed('V2', 2_000)
    after.restore(before.marks)
    expect(['V1', 'V2', 'V3'].map((vin) => after.nextOf(vin))).to.deep.equal([1_000, 2_001, 1_000])
  })

  it('skips beyond every used sequence at any clock time', () => {
    const sequences = new Sequences()
    sequences.markUsed('V1', 5_000)
    sequences.skipToClock(1_000)
    expect([sequences.nextOf('V1'), sequences.nextOf('V2')]).to.deep.equal([5_001, 5_001])
  })

  it('never reuses a sequence of a vehicle whose entry was removed', () => {
    const sequences = new Sequences()
    sequences.markUsed('V0', 41)
    for (let vehicle = 1; vehicle <= 40_000; vehicle += 1) sequences.markUsed(`V${vehicle}`, 1)
    expect(Object.keys(sequences.marks.next).length).to.equal(40_000)
    expect([sequences.nextOf('V0'), sequences.nextOf('V1')]).to.deep.equal([42, 2])
  })
})
