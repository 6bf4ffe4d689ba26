import { expect } from 'chai'
import { anUplink, deferredAnswer, readings } from '../../support/an-uplink.ts'
import { accepted, problem } from '../../support/in-memory-server.ts'

const oneSecond = 1000

describe('Uplink.drain', () => {
  it('immediately retries readings that wait because of an outage', async () => {
    const { clock, server, uplink } = anUplink()
    server.answer = () => new Error('down')
    await uplink.record(readings(0, 2))
    await clock.advance(0)
    server.answer = (sent) => accepted(sent.length)
    expect(await uplink.drain(5 * oneSecond)).to.equal(0)
    expect(uplink.counters.acknowledged).to.equal(2)
  })

  it('does not retry earlier than the server requested', async () => {
    const { clock, server, uplink } = anUplink()
    server.answer = () => problem(503, { retryAfter: 20_000 })
    await uplink.record(readings(0, 2))
    await clock.advance(0)
    const drained = uplink.drain(5 * oneSecond)
    await clock.advance(5 * oneSecond)
    expect(await drained).to.equal(2)
    expect(server.bodies.length).to.equal(1)
  })

  it('stops at the timeout and returns the number of readings left', async () => {
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

  it('returns entries in flight and halves of a batch to the journal', async () => {
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

  it('stops at the timeout if the journal cannot be read, and drops no reading', async () => {
    const { clock, server, journal, uplink } = anUplink()
    journal.isReadable = false
    await uplink.record(readings(0, 2))
    const drained = uplink.drain(5 * oneSecond)
    await clock.advance(5 * oneSecond)
    expect(await drained).to.equal(2)
    journal.isReadable = true
    await clock.advance(60 * oneSecond)
    expect(server.bodies.length).to.equal(0)
    expect(uplink.counters).to.include({ dropped: 0, pending: 2 })
  })
})
