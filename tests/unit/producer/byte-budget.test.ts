import { expect } from 'chai'
import { ByteBudget } from '../../../services/producer/limits/byte-budget.ts'
import { TurnedClock } from './turned-clock.ts'

describe('ByteBudget', () => {
  it('gives up to its limit, and no byte more', () => {
    const budget = new ByteBudget(10, 2_000)
    const [first, second] = [budget.open(), budget.open()]
    expect(first.take(6)).to.equal(true)
    expect(second.take(5)).to.equal(false)
    expect(budget.taken).to.equal(6)
    expect(second.take(4)).to.equal(true)
    expect(second.take(1)).to.equal(false)
    expect(budget.taken).to.equal(10)
  })

  it('says beforehand whether there is room, and takes nothing by that', () => {
    const budget = new ByteBudget(10, 2_000)
    expect([budget.hasRoomFor(10), budget.hasRoomFor(11)]).to.deep.equal([true, false])
    expect(budget.taken).to.equal(0)
  })

  it('has again what was given back: a share is given back whole, and once', () => {
    const budget = new ByteBudget(10, 2_000)
    const [first, second] = [budget.open(), budget.open()]
    first.take(3)
    first.take(4)
    second.take(2)
    first.giveBack()
    first.giveBack()
    expect(budget.taken).to.equal(2)
    expect(first.take(8)).to.equal(true)
  })

  describe('where there is no room', () => {
    let clock: TurnedClock
    beforeEach(() => {
      clock = new TurnedClock()
    })
    afterEach(() => {
      clock.restore()
    })

    /** A budget of 10 bytes of which three shares hold three each; which of them were called off. */
    function crowded() {
      const budget = new ByteBudget(10, 2_000)
      const calledOff: number[] = []
      const shares = [0, 1, 2].map((number) => {
        const share = budget.open()
        share.whenCalledOff(() => calledOff.push(number))
        share.take(3)
        return share
      })
      return { budget, calledOff, shares }
    }

    it('calls off the oldest of those that still grow, as many as it must', () => {
      const { budget, calledOff } = crowded()
      clock.advance(2_000)
      const taker = budget.open()
      expect(budget.hasRoomFor(6)).to.equal(true)
      expect(calledOff).to.deep.equal([])
      expect(taker.take(6)).to.equal(true)
      expect(calledOff).to.deep.equal([0, 1])
      expect(budget.taken).to.equal(9)
    })

    it('calls off nobody before the time', () => {
      const { budget, calledOff } = crowded()
      clock.advance(1_999)
      expect(budget.hasRoomFor(2)).to.equal(false)
      expect(budget.open().take(2)).to.equal(false)
      expect(calledOff).to.deep.equal([])
    })

    it('counts their time on, where the time of day is set back', () => {
      const { budget, calledOff } = crowded()
      clock.setBack(3_600_000)
      clock.advance(2_000)
      expect(budget.open().take(2)).to.equal(true)
      expect(calledOff).to.deep.equal([0])
    })

    it('calls off nobody who is whole', () => {
      const { budget, calledOff, shares } = crowded()
      shares[0]?.isWhole()
      clock.advance(2_000)
      expect(budget.open().take(2)).to.equal(true)
      expect(calledOff).to.deep.equal([1])
    })

    it('calls off nobody where that would not be enough', () => {
      const { budget, calledOff } = crowded()
      clock.advance(2_000)
      expect(budget.hasRoomFor(11)).to.equal(false)
      expect(budget.open().take(11)).to.equal(false)
      expect(calledOff).to.deep.equal([])
      expect(budget.taken).to.equal(9)
    })

    it('does not favour a slow one over itself', () => {
      const { calledOff, shares } = crowded()
      clock.advance(2_000)
      expect(shares[0]?.take(2)).to.equal(false)
      expect(calledOff).to.deep.equal([])
    })
  })
})
