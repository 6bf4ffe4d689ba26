import { expect } from 'chai'
import { MemoryBudget } from '../../../services/adapters/http/limits/memory-budget.ts'
import { FakeClock } from '../producer/fake-clock.ts'

describe('MemoryBudget', () => {
  it('reserves up to its limit and not one byte more', () => {
    const budget = new MemoryBudget(10, 2_000)
    const [first, second] = [budget.openReservation(), budget.openReservation()]
    expect(first.reserve(6)).to.equal(true)
    expect(second.reserve(5)).to.equal(false)
    expect(budget.usedBytes).to.equal(6)
    expect(second.reserve(4)).to.equal(true)
    expect(second.reserve(1)).to.equal(false)
    expect(budget.usedBytes).to.equal(10)
  })

  it('hasRoomFor reports whether there is room and reserves nothing', () => {
    const budget = new MemoryBudget(10, 2_000)
    expect([budget.hasRoomFor(10), budget.hasRoomFor(11)]).to.deep.equal([true, false])
    expect(budget.usedBytes).to.equal(0)
  })

  it('releases a reservation completely and only once', () => {
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

  describe('when it is full', () => {
    let clock: FakeClock
    beforeEach(() => {
      clock = new FakeClock()
    })
    afterEach(() => {
      clock.restore()
    })

    /**
     * A budget of 10 bytes with three reservations of 3 bytes each. `evicted` lists the evicted
     * ones.
     */
    function fullBudget() {
      const budget = new MemoryBudget(10, 2_000)
      const evicted: number[] = []
      const reservations = [0, 1, 2].map((number) => {
        const reservation = budget.openReservation()
        reservation.onEvicted(() => evicted.push(number))
        reservation.reserve(3)
        return reservation
      })
      return { budget, evicted, reservations }
    }

    it('evicts the oldest incomplete reservations, only as many as needed', () => {
      const { budget, evicted } = fullBudget()
      clock.advance(2_000)
      const requester = budget.openReservation()
      expect(budget.hasRoomFor(6)).to.equal(true)
      expect(evicted).to.deep.equal([])
      expect(requester.reserve(6)).to.equal(true)
      expect(evicted).to.deep.equal([0, 1])
      expect(budget.usedBytes).to.equal(9)
    })

    it('evicts nothing before the time limit', () => {
      const { budget, evicted } = fullBudget()
      clock.advance(1_999)
      expect(budget.hasRoomFor(2)).to.equal(false)
      expect(budget.openReservation().reserve(2)).to.equal(false)
      expect(evicted).to.deep.equal([])
    })

    it('evicts after the time limit even if the time of day is set back', () => {
      const { budget, evicted } = fullBudget()
      clock.setBack(3_600_000)
      clock.advance(2_000)
      expect(budget.openReservation().reserve(2)).to.equal(true)
      expect(evicted).to.deep.equal([0])
    })

    it('does not evict a complete reservation', () => {
      const { budget, evicted, reservations } = fullBudget()
      reservations[0]?.markComplete()
      clock.advance(2_000)
      expect(budget.openReservation().reserve(2)).to.equal(true)
      expect(evicted).to.deep.equal([1])
    })

    it('reserves at once what will not grow, and does not evict that', () => {
      const { budget, evicted } = fullBudget()
      clock.advance(2_000)
      const fixed = budget.reserve(7)
      expect(evicted).to.deep.equal([0, 1])
      clock.advance(2_000)
      expect(budget.reserve(7)).to.equal(undefined)
      expect(budget.usedBytes).to.equal(10)
      fixed?.release()
      expect(budget.usedBytes).to.equal(3)
    })

    it('evicts nothing if that would not make enough room', () => {
      const { budget, evicted } = fullBudget()
      clock.advance(2_000)
      expect(budget.hasRoomFor(11)).to.equal(false)
      expect(budget.openReservation().reserve(11)).to.equal(false)
      expect(evicted).to.deep.equal([])
      expect(budget.usedBytes).to.equal(9)
    })

    it('refuses a slow reservation more bytes instead of evicting newer ones', () => {
      const { evicted, reservations } = fullBudget()
      clock.advance(2_000)
      expect(reservations[0]?.reserve(2)).to.equal(false)
      expect(evicted).to.deep.equal([])
    })
  })
})
