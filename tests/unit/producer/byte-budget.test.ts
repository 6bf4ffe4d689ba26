import { expect } from 'chai'
import { ByteBudget } from '../../../services/producer/byte-budget.ts'

describe('ByteBudget', () => {
  it('gives up to its limit, and no byte more', () => {
    const budget = new ByteBudget(10)
    expect(budget.take(6)).to.be.a('function')
    expect(budget.take(5)).to.equal(undefined)
    expect(budget.taken).to.equal(6)
    expect(budget.take(4)).to.be.a('function')
    expect(budget.take(1)).to.equal(undefined)
    expect(budget.taken).to.equal(10)
  })

  it('has again what was given back', () => {
    const budget = new ByteBudget(10)
    const giveBack = budget.take(10)
    giveBack?.()
    expect(budget.taken).to.equal(0)
    expect(budget.take(10)).to.be.a('function')
  })

  it('takes back once what was taken once', () => {
    const budget = new ByteBudget(10)
    const giveBack = budget.take(4)
    budget.take(3)
    giveBack?.()
    giveBack?.()
    expect(budget.taken).to.equal(3)
  })
})
