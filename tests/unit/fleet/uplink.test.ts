import { expect } from 'chai'
import { encodeReading } from '../../../services/telemetry/reading/wire.ts'
import { anUplink, aReading, deferredAnswer, readings } from '../../support/an-uplink.ts'
import { accepted, problem } from '../../support/in-memory-server.ts'

const oneSecond = 1000

describe('uplink', () => {
  it('sends readings at once, as one array, and counts them acknowledged', async () => {
    const { clock, server, uplink } = anUplink()
    await uplink.record(readings(0, 3))
    await clock.advance(0)
    const texts = readings(0, 3).map(encodeReading)
    expect(server.bodies).to.deep.equal([`[${texts.join(',')}]`])
    expect(uplink.counters).to.deep.equal({
      recorded: 3,
      sent: 3,
      acknowledged: 3,
      refused: {},
      dropped: 0,
      pending: 0,
      unsaved: 0,
    })
  })

  it('collects readings while a request is in flight', async () => {
    const { clock, server, uplink } = anUplink()
    const held = deferredAnswer()
    server.answer = () => held.answer
    await uplink.record(readings(0, 1))
    await uplink.record(readings(1, 1))
    await uplink.record(readings(2, 1))
    expect(server.sequences).to.deep.equal([[0]])
    server.answer = (sent) => accepted(sent.length)
    held.resolveAnswer(accepted(1))
    await clock.advance(0)
    expect(server.sequences).to.deep.equal([[0], [1, 2]])
  })

  it('sends full batches side by side, few at a time', async () => {
    const { server, uplink } = anUplink()
    server.answer = () => deferredAnswer().answer
    await uplink.record(readings(0, 3_200))
    expect(server.sequences.map((all) => all.length)).to.deep.equal([500, 500, 500, 500])
    expect(uplink.counters.pending).to.equal(3_200)
  })

  it('sends unchanged again after an outage, after growing pauses, one request at a time', async () => {
    const { clock, server, uplink, events } = anUplink()
    const instants: number[] = []
    const start = clock.now()
    server.answer = () => {
      instants.push((clock.now() - start) / 1000)
      return instants.length < 4 ? new Error('connection refused') : accepted(2)
    }
    await uplink.record(readings(0, 2))
    await clock.advance(10 * oneSecond)
    // Three quarters, by the jitter's middle, of 200, 400 and 800 ms.
    expect(instants).to.deep.equal([0, 150, 450, 1050])
    expect(new Set(server.bodies).size).to.equal(1)
    expect(events()).to.deep.equal(['uplink-outage', 'uplink-recovered'])
    expect(uplink.counters.acknowledged).to.equal(2)
    expect(uplink.counters.lastError).to.equal('connection refused')
  })

  it('probes with one request before it sends the backlog side by side', async () => {
    const { clock, server, uplink } = anUplink()
    server.answer = () => new Error('down')
    await uplink.record(readings(0, 2_000))
    await clock.advance(0)
    server.bodies.length = 0
    server.answer = () => deferredAnswer().answer
    await clock.advance(oneSecond)
    expect(server.bodies.length).to.equal(1)
  })

  it('never pauses much longer than the longest pause', async () => {
    const { clock, server, uplink } = anUplink()
    server.answer = () => problem(500)
    await uplink.record(readings(0, 1))
    await clock.advance(60 * oneSecond)
    const before = server.bodies.length
    await clock.advance(60 * oneSecond)
    expect(server.bodies.length - before).to.equal(8)
  })

  for (const status of [429, 503]) {
    it(`waits as long as a ${status} asks`, async () => {
      const { clock, server, uplink } = anUplink()
      server.answer = () => problem(status, { retryAfter: 20_000 })
      await uplink.record(readings(0, 1))
      await clock.advance(20 * oneSecond - 1)
      expect(server.bodies.length).to.equal(1)
      await clock.advance(2 * oneSecond)
      expect(server.bodies.length).to.equal(2)
    })
  }

  it('sends the newest first after an outage, the backlog behind', async () => {
    const { clock, server, uplink } = anUplink()
    server.answer = () => problem(503, { retryAfter: 1_000 })
    for (let first = 0; first < 1_200; first += 300) await uplink.record(readings(first, 300))
    server.bodies.length = 0
    server.answer = (sent) => accepted(sent.length)
    await clock.advance(2 * oneSecond)
    const ends = server.sequences.map((all) => [all[0], all.at(-1)])
    expect(ends).to.deep.equal([
      [700, 1199],
      [200, 699],
      [0, 199],
    ])
  })

  it('lets the backlog out at its rate, and live readings beside it at once', async () => {
    const { clock, server, uplink } = anUplink(10_000, 100)
    server.answer = () => problem(503, { retryAfter: 1_000 })
    await uplink.record(readings(0, 2_000))
    await clock.advance(0)
    server.answer = (sent) => accepted(sent.length)
    await clock.advance(2 * oneSecond)
    expect(server.sequences.at(1)?.length).to.equal(500)
    server.bodies.length = 0
    for (let second = 0; second < 5; second += 1) {
      await uplink.record(readings(5_000 + second, 1))
      await clock.advance(0)
      expect(server.sequences).to.deep.include([5_000 + second])
      await clock.advance(oneSecond)
    }
    const sent = server.sequences.flat().filter((sequence) => sequence < 5_000)
    expect(sent.length).to.equal(500)
  })

  it('lets the backlog out at its rate also where the clock was set back', async () => {
    const { clock, server, uplink } = anUplink(10_000, 100)
    server.answer = () => problem(503, { retryAfter: 1_000 })
    await uplink.record(readings(0, 2_000))
    await clock.advance(0)
    server.answer = (sent) => accepted(sent.length)
    clock.setBack(3_600 * oneSecond)
    await clock.advance(30 * oneSecond)
    expect(uplink.counters.pending).to.equal(0)
  })

  it('pauses no longer than asked where the clock was set back meanwhile', async () => {
    const { clock, server, uplink } = anUplink()
    const held = deferredAnswer()
    server.answer = (sent) =>
      sent.length === 500 ? held.answer : problem(503, { retryAfter: 1_000 })
    await uplink.record(readings(0, 500))
    await uplink.record(readings(500, 700))
    clock.setBack(3_600 * oneSecond)
    held.resolveAnswer(problem(503, { retryAfter: 20_000 }))
    await clock.advance(10 * oneSecond)
    server.answer = (sent) => accepted(sent.length)
    await clock.advance(20 * oneSecond)
    expect(uplink.counters.pending).to.equal(0)
  })

  it('takes no 202 for an acknowledgement that does not say what became of each reading', async () => {
    const { clock, server, uplink } = anUplink()
    const bodies = ['', '{"accepted":3,"receipts":[],"rejected":[{"index":1,"co', '{"accepted":2}']
    server.answer = (sent) => {
      const body = bodies.shift()
      return body === undefined ? accepted(sent.length) : { ...accepted(0), body }
    }
    await uplink.record(readings(0, 3))
    await clock.advance(10 * oneSecond)
    expect(server.sequences).to.deep.equal(Array.from({ length: 4 }, () => [0, 1, 2]))
    expect(uplink.counters).to.include({ acknowledged: 3, pending: 0 })
  })

  it('sends what it finds in the journal before anything is recorded', async () => {
    const { clock, server, uplink } = anUplink(10, 100, [aReading(7)])
    uplink.begin()
    await clock.advance(0)
    expect(server.sequences).to.deep.equal([[7]])
    expect(uplink.counters).to.include({ recorded: 1, acknowledged: 1, pending: 0 })
  })

  it('tries again what the journal could not read, by itself and with the next reading', async () => {
    const { clock, server, journal, uplink } = anUplink()
    journal.canBeRead = false
    await uplink.record(readings(0, 2))
    await clock.advance(3 * oneSecond)
    expect([server.bodies.length, uplink.counters.pending]).to.deep.equal([0, 2])
    journal.canBeRead = true
    await clock.advance(oneSecond)
    expect(server.sequences).to.deep.equal([[0, 1]])
    journal.canBeRead = false
    await uplink.record(readings(2, 2))
    await clock.advance(oneSecond / 2)
    journal.canBeRead = true
    await uplink.record(readings(4, 1))
    await clock.advance(0)
    expect(server.sequences).to.deep.equal([
      [0, 1],
      [2, 3, 4],
    ])
  })

  it('counts and keeps what a 202 refuses, and never sends it again', async () => {
    const { clock, server, uplink, refused, events } = anUplink()
    const why = { code: 'out-of-range', detail: 'speed 900' }
    server.answer = () => accepted(3, [{ index: 1, ...why }])
    await uplink.record(readings(0, 3))
    await clock.advance(oneSecond)
    expect(server.bodies.length).to.equal(1)
    expect(refused).to.deep.equal([{ ...why, text: encodeReading(aReading(1)) }])
    const { acknowledged, refused: counted, pending } = uplink.counters
    expect({ acknowledged, counted, pending }).to.deep.equal({
      acknowledged: 2,
      counted: { 'out-of-range': 1 },
      pending: 0,
    })
    expect(events()).to.deep.equal(['uplink-reading-refused'])
  })

  it('takes a 422 as the refusal of every reading, each with its code', async () => {
    const { clock, server, uplink } = anUplink()
    const rejected = [
      { index: 0, code: 'invalid-vin', detail: '' },
      { index: 1, code: 'time-too-old', detail: '' },
    ]
    server.answer = () => problem(422, { body: { rejected } })
    await uplink.record(readings(0, 2))
    await clock.advance(oneSecond)
    expect(server.bodies.length).to.equal(1)
    expect(uplink.counters.refused).to.deep.equal({ 'invalid-vin': 1, 'time-too-old': 1 })
  })

  for (const status of [400, 413, 415]) {
    it(`halves a batch that a ${status} refuses until the bad reading stands alone`, async () => {
      const { clock, server, uplink, refused } = anUplink()
      const stored: number[] = []
      server.answer = (sent) => {
        const sequences = sent.map(({ sequence }) => sequence)
        if (sequences.includes(37)) return problem(status, { body: { detail: 'no' } })
        stored.push(...sequences)
        return accepted(sent.length)
      }
      await uplink.record(readings(0, 100))
      await clock.advance(oneSecond)
      const others = readings(0, 100).flatMap(({ sequence }) => (sequence === 37 ? [] : [sequence]))
      expect(stored.sort((a, b) => a - b)).to.deep.equal(others)
      const text = encodeReading(aReading(37))
      expect(refused).to.deep.equal([
        { code: `http-${status}`, detail: `HTTP ${status}: no`, text },
      ])
      expect(uplink.counters.pending).to.equal(0)
    })
  }

  it('keeps readings while the token is refused, tries seldom, and says so once', async () => {
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

  it('drops the oldest when the journal is full, counts them, and says so once', async () => {
    const { clock, server, uplink, events } = anUplink(100)
    server.answer = () => new Error('down')
    for (let first = 0; first < 250; first += 50) await uplink.record(readings(first, 50))
    await clock.advance(0)
    await uplink.record(readings(250, 50))
    expect(uplink.counters).to.include({ recorded: 300, dropped: 200, pending: 100 })
    server.bodies.length = 0
    server.answer = (sent) => accepted(sent.length)
    await clock.advance(60 * oneSecond)
    expect(server.sequences.flat()).to.deep.equal(readings(200, 100).map((r) => r.sequence))
    expect(uplink.counters).to.include({ acknowledged: 100, dropped: 200, pending: 0 })
    expect(events().filter((line) => line === 'uplink-journal-full').length).to.equal(1)
  })

  it('says when nothing is pending', async () => {
    const { clock, server, uplink } = anUplink()
    const held = deferredAnswer()
    server.answer = () => held.answer
    await uplink.empty()
    await uplink.record(readings(0, 1))
    let isEmpty = false
    const empty = uplink.empty().then(() => (isEmpty = true))
    await clock.advance(oneSecond)
    expect(isEmpty).to.equal(false)
    held.resolveAnswer(accepted(1))
    await empty
  })
})
