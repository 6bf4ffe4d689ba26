import { expect } from 'chai'
import { Sequences } from '../../../../fleet/journal/sequences.ts'

describe('sequences', () => {
  it('begin at 0 and go on behind the highest that was used', () => {
    const sequences = new Sequences()
    expect(sequences.nextOf('V1')).to.equal(0)
    sequences.use('V1', 7)
    sequences.use('V1', 3)
    expect([sequences.nextOf('V1'), sequences.nextOf('V2')]).to.deep.equal([8, 0])
  })

  it('are the same after they were written down', () => {
    const [before, after] = [new Sequences(), new Sequences()]
    before.use('V1', 7)
    before.leap(1_000)
    before.use('V2', 2_000)
    after.restore(before.marks)
    expect(['V1', 'V2', 'V3'].map((vin) => after.nextOf(vin))).to.deep.equal([1_000, 2_001, 1_000])
  })

  it('leap beyond all that was used, whatever the clock says', () => {
    const sequences = new Sequences()
    sequences.use('V1', 5_000)
    sequences.leap(1_000)
    expect([sequences.nextOf('V1'), sequences.nextOf('V2')]).to.deep.equal([5_001, 5_001])
  })

  it('are never given again to a vehicle that had to be forgotten', () => {
    const sequences = new Sequences()
    sequences.use('V0', 41)
    for (let vehicle = 1; vehicle <= 40_000; vehicle += 1) sequences.use(`V${vehicle}`, 1)
    expect(Object.keys(sequences.marks.next).length).to.equal(40_000)
    expect([sequences.nextOf('V0'), sequences.nextOf('V1')]).to.deep.equal([42, 2])
  })
})
