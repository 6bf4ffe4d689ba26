import { expect } from 'chai'
import fc from 'fast-check'
import { ClientRateLimit } from '../../../services/producer/limits/client-rate-limit.ts'

const start = 1_769_860_800_000

describe('ClientRateLimit', () => {
  it('limits and tracks no client if the limit is 0', () => {
    const limit = new ClientRateLimit(0)
    expect(limit.consume('10.0.0.1', 1_000_000, start)).to.equal(0)
    expect(limit.consume('10.0.0.1', 1_000_000, start)).to.equal(0)
    expect(limit.secondsUntilAllowed('10.0.0.1', start)).to.equal(0)
    expect(limit.size).to.equal(0)
  })

  it('accepts the readings of one second and then returns the seconds to wait', () => {
    const limit = new ClientRateLimit(10)
    for (let sent = 0; sent < 10; sent += 1) expect(limit.consume('a', 1, start)).to.equal(0)
    expect(limit.consume('a', 1, start)).to.equal(1)
    expect(limit.secondsUntilAllowed('a', start)).to.equal(1)
    expect(limit.secondsUntilAllowed('a', start + 99)).to.equal(1)
    expect(limit.secondsUntilAllowed('a', start + 100)).to.equal(0)
  })

  it('accepts a large batch completely and then requires to wait until the excess is refilled', () => {
    const limit = new ClientRateLimit(10)
    expect(limit.consume('a', 500, start)).to.equal(0)
    expect(limit.secondsUntilAllowed('a', start)).to.equal(50)
    expect(limit.secondsUntilAllowed('a', start + 48_999)).to.equal(1)
    expect(limit.consume('a', 1, start + 49_100)).to.equal(0)
  })

  it('limits each client separately', () => {
    const limit = new ClientRateLimit(1)
    limit.consume('10.0.0.1', 100, start)
    expect(limit.secondsUntilAllowed('10.0.0.1', start)).to.equal(100)
    expect(limit.secondsUntilAllowed('10.0.0.2', start)).to.equal(0)
  })

  it('saves tokens for at most one second', () => {
    const limit = new ClientRateLimit(10)
    limit.consume('a', 1, start)
    limit.consume('a', 10, start + 3_600_000)
    expect(limit.secondsUntilAllowed('a', start + 3_600_000)).to.equal(1)
  })

  it('tracks at most the given number of clients and removes the client that sent least recently', () => {
    const limit = new ClientRateLimit(1, 3)
    for (const client of ['a', 'b', 'c']) limit.consume(client, 100, start)
    limit.consume('a', 1, start + 200_000)
    limit.consume('d', 100, start + 200_000)
    expect(limit.size).to.equal(3)
    expect(limit.secondsUntilAllowed('a', start + 200_000)).to.equal(1)
    expect(limit.secondsUntilAllowed('b', start)).to.equal(0)
    expect(limit.secondsUntilAllowed('c', start)).to.equal(100)
  })

  it('keeps the average rate for any sequence of requests', () => {
    const sends = fc.array(
      fc.record({ pause: fc.nat(5_000), readings: fc.integer({ min: 1, max: 100 }) }),
    )
    fc.assert(
      fc.property(sends, fc.integer({ min: 1, max: 50 }), (list, perSecond) => {
        const limit = new ClientRateLimit(perSecond)
        let [now, accepted] = [start, 0]
        for (const { pause, readings } of list) {
          now += pause
          const wait = limit.consume('a', readings, now)
          if (wait === 0) accepted += readings
          else expect(limit.secondsUntilAllowed('a', now + wait * 1_000 + 1)).to.equal(0)
        }
        // One second at the start, plus one batch of 100 that may exceed the rest.
        const limitOfAll = ((now - start) / 1_000) * perSecond + perSecond + 100
        expect(accepted).to.be.at.most(limitOfAll)
      }),
    )
  })
})
