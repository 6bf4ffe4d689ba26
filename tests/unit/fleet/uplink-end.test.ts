import { expect } from 'chai'
import { anUplink, deferredAnswer, readings } from '../../support/an-uplink.ts'
import { accepted, problem } from '../../support/in-memory-server.ts'

const oneSecond = 1000

describe('the end of an uplink', () => {
  it('drains: tries at once what an outage holds back', async () => {
    const { clock, server, uplink } = anUplink()
    server.answer = () => new Error('down')
    await uplink.record(readings(0, 2))
    await clock.advance(0)
    server.answer = (sent) => accepted(sent.length)
    expect(await uplink.drain(5 * oneSecond)).to.equal(0)
    expect(uplink.counters.acknowledged).to.equal(2)
  })

  it('drains no sooner than the server asked', async () => {
    const { clock, server, uplink } = anUplink()
    server.answer = () => problem(503, { retryAfter: 20_000 })
    await uplink.record(readings(0, 2))
    await clock.advance(0)
    const drained = uplink.drain(5 * oneSecond)
    await clock.advance(5 * oneSecond)
    expect(await drained).to.equal(2)
    expect(server.bodies.length).to.equal(1)
  })

  it('drains no longer than it may, and says how many readings are left', async () => {
    const { clock, server, uplink } = anUplink()
    server.answer = () => new Error('down')
    await uplink.record(readings(0, 2))
    const drained = uplink.drain(5 * oneSecond)
    await clock.advance(5 * oneSecond)
    expect(await drained).to.equal(2)
    const tries = server.bodies.length
    await clock.advance(60 * oneSecond)
    expect(server.bodies.length).to.equal(tries)
  })

  it('gives the journal back what was under way, and the halves of a batch, when it ends', async () => {
    const { clock, server, uplink, journal } = anUplink()
    server.answer = (sent) => (sent.length === 4 ? problem(413) : deferredAnswer().answer)
    await uplink.record(readings(0, 4))
    await clock.advance(0)
    await uplink.record(readings(4, 1))
    const drained = uplink.drain(5 * oneSecond)
    await clock.advance(5 * oneSecond)
    expect(await drained).to.equal(5)
    expect(journal.waiting).to.equal(5)
  })

  it('drains no longer than it may what the journal cannot read, and drops none of it', async () => {
    const { clock, server, journal, uplink } = anUplink()
    journal.canBeRead = false
    await uplink.record(readings(0, 2))
    const drained = uplink.drain(5 * oneSecond)
    await clock.advance(5 * oneSecond)
    expect(await drained).to.equal(2)
    journal.canBeRead = true
    await clock.advance(60 * oneSecond)
    expect(server.bodies.length).to.equal(0)
    expect(uplink.counters).to.include({ dropped: 0, pending: 2 })
  })
})
