import { expect } from 'chai'
import { MemoryBudget } from '../../../services/producer/limits/memory-budget.ts'
import { FakeClock } from './fake-clock.ts'

describe('ByteBudget', () => {
  it('gives up to its limit, and no byte more', () => {
    const budget = new MemoryBudget(10, 2_000)
    const [first, second] = [budget.openReservation(), budget.openReservation()]
    expect(first.reserve(6)).to.equal(true)
    expect(second.reserve(5)).to.equal(false)
    expect(budget.usedBytes).to.equal(6)
    expect(second.reserve(4)).to.equal(true)
    expect(second.reserve(1)).to.equal(false)
    expect(budget.usedBytes).to.equal(10)
  })

  it('says beforehand whether there is room, and takes nothing by that', () => {
    const budget = new MemoryBudget(10, 2_000)
    expect([budget.hasRoomFor(10), budget.hasRoomFor(11)]).to.deep.equal([true, false])
    expect(budget.usedBytes).to.equal(0)
  })

  it('has again what was given back: a share is given back whole, and once', () => {
    const budget = new MemoryBudget(10, 2_000)
    const [first, second] = [budget.openReservation(), budget.openReservation()]
    first.reserve(3)
    first.reserve(4)
    second.reserve(2)
    first.release()
    first.release()
    expect(budget.usedBytes).to.equal(2)
    expect(first.reserve(8)).to.equal(true)
  })

  describe('where there is no room', () => {
    let clock: FakeClock
    beforeEach(() => {
      clock = new FakeClock()
    })
    afterEach(() => {
      clock.restore()
    })

    /** A budget of 10 bytes of which three shares hold three each; which of them were called off. */
    function crowded() {
      const budget = new MemoryBudget(10, 2_000)
      const calledOff: number[] = []
      const shares = [0, 1, 2].map((number) => {
        const share = budget.openReservation()
        share.onEvicted(() => calledOff.push(number))
        share.reserve(3)
        return share
      })
      return { budget, calledOff, shares }
    }

    it('calls off the oldest of those that still grow, as many as it must', () => {
      const { budget, calledOff } = crowded()
      clock.advance(2_000)
      const taker = budget.openReservation()
      expect(budget.hasRoomFor(6)).to.equal(true)
      expect(calledOff).to.deep.equal([])
      expect(taker.reserve(6)).to.equal(true)
      expect(calledOff).to.deep.equal([0, 1])
      expect(budget.usedBytes).to.equal(9)
    })

    it('calls off nobody before the time', () => {
      const { budget, calledOff } = crowded()
      clock.advance(1_999)
      expect(budget.hasRoomFor(2)).to.equal(false)
      expect(budget.openReservation().reserve(2)).to.equal(false)
      expect(calledOff).to.deep.equal([])
    })

    it('counts their time on, where the time of day is set back', () => {
      const { budget, calledOff } = crowded()
      clock.setBack(3_600_000)
      clock.advance(2_000)
      expect(budget.openReservation().reserve(2)).to.equal(true)
      expect(calledOff).to.deep.equal([0])
    })

    it('calls off nobody who is whole', () => {
      const { budget, calledOff, shares } = crowded()
      shares[0]?.markComplete()
      clock.advance(2_000)
      expect(budget.openReservation().reserve(2)).to.equal(true)
      expect(calledOff).to.deep.equal([1])
    })

    it('calls off nobody where that would not be enough', () => {
      const { budget, calledOff } = crowded()
      clock.advance(2_000)
      expect(budget.hasRoomFor(11)).to.equal(false)
      expect(budget.openReservation().reserve(11)).to.equal(false)
      expect(calledOff).to.deep.equal([])
      expect(budget.usedBytes).to.equal(9)
    })

    it('does not favour a slow one over itself', () => {
      const { calledOff, shares } = crowded()
      clock.advance(2_000)
      expect(shares[0]?.reserve(2)).to.equal(false)
      expect(calledOff).to.deep.equal([])
    })
  })
})
