import { expect } from 'chai'
import { ByteBudget } from '../../../services/producer/byte-budget.ts'

describe('ByteBudget', () => {
  it('gives up to its limit, and no byte more', () => {
    const budget = new ByteBudget(10)
    const [first, second] = [budget.open(), budget.open()]
    expect(first.take(6)).to.equal(true)
    expect(second.take(5)).to.equal(false)
    expect(budget.taken).to.equal(6)
    expect(second.take(4)).to.equal(true)
    expect(second.take(1)).to.equal(false)
    expect(budget.taken).to.equal(10)
  })

  it('says beforehand whether there is room, and takes nothing by that', () => {
    const budget = new ByteBudget(10)
    expect([budget.hasRoomFor(10), budget.hasRoomFor(11)]).to.deep.equal([true, false])
    expect(budget.taken).to.equal(0)
  })

  it('has again what was given back: a share is given back whole, and once', () => {
    const budget = new ByteBudget(10)
    const [first, second] = [budget.open(), budget.open()]
    first.take(3)
    first.take(4)
    second.take(2)
    first.giveBack()
    first.giveBack()
    expect(budget.taken).to.equal(2)
    expect(first.take(8)).to.equal(true)
  })
})
