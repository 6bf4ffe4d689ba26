import { expect } from 'chai'
import { anUplink, readings } from '../../support/an-uplink.ts'
import { accepted, problem } from '../../support/in-memory-server.ts'

const oneSecond = 1000

describe('Uplink with a token that is refused', () => {
  it('keeps readings while the token is refused, retries rarely, and logs this once', async () => {
    const { clock, server, uplink, events } = anUplink()
    server.answer = () => problem(401)
    await uplink.record(readings(0, 1))
    await clock.advance(35 * oneSecond)
    expect(server.bodies.length).to.equal(4)
    server.answer = () => accepted(1)
    await clock.advance(10 * oneSecond)
    expect(uplink.counters.acknowledged).to.equal(1)
    expect(events()).to.deep.equal(['uplink-unauthorised', 'uplink-recovered'])
  })

  it('logs that the token is refused, also if this begins during an outage', async () => {
    const { clock, server, uplink, events } = anUplink()
    server.answer = () => new Error('connection refused')
    await uplink.record(readings(0, 1))
    await clock.advance(2 * oneSecond)
    server.answer = () => problem(401)
    await clock.advance(60 * oneSecond)
    expect(events()).to.deep.equal(['uplink-outage', 'uplink-unauthorised'])
  })
})
