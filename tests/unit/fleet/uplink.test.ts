import { expect } from 'chai'
import { encodeReading } from '../../../services/telemetry/reading/wire.ts'
import { anUplink, aReading, deferredAnswer, readings } from '../../support/an-uplink.ts'
import { accepted, problem } from '../../support/in-memory-server.ts'

const oneSecond = 1000

describe('Uplink', () => {
  it('sends readings immediately as one array and counts them as acknowledged', async () => {
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

  it('sends full batches concurrently, up to a limit', async () => {
    const { server, uplink } = anUplink()
    server.answer = () => deferredAnswer().answer
    await uplink.record(readings(0, 3_200))
    expect(server.sequences.map((all) => all.length)).to.deep.equal([500, 500, 500, 500])
    expect(uplink.counters.pending).to.equal(3_200)
  })

  it('retries unchanged readings during an outage with backoff, one request at a time', async () => {
    const { clock, server, uplink, events } = anUplink()
    const instants: number[] = []
    const start = clock.now()
    server.answer = () => {
      instants.push((clock.now() - start) / 1000)
      return instants.length < 4 ? new Error('connection refused') : accepted(2)
    }
    await uplink.record(readings(0, 2))
    await clock.advance(10 * oneSecond)
    // Three quarters of 200, 400 and 800 ms: the mean of the jitter.
    expect(instants).to.deep.equal([0, 150, 450, 1050])
    expect(new Set(server.bodies).size).to.equal(1)
    expect(events()).to.deep.equal(['uplink-outage', 'uplink-recovered'])
    expect(uplink.counters.acknowledged).to.equal(2)
    expect(uplink.counters.lastError).to.equal('connection refused')
  })

  it('probes with one request before it sends the backlog concurrently', async () => {
    const { clock, server, uplink } = anUplink()
    server.answer = () => new Error('down')
    await uplink.record(readings(0, 2_000))
    await clock.advance(0)
    server.bodies.length = 0
    server.answer = () => deferredAnswer().answer
    await clock.advance(oneSecond)
    expect(server.bodies.length).to.equal(1)
  })

  it('limits the backoff to the maximum pause', async () => {
    const { clock, server, uplink } = anUplink()
    server.answer = () => problem(500)
    await uplink.record(readings(0, 1))
    await clock.advance(60 * oneSecond)
    const before = server.bodies.length
    await clock.advance(60 * oneSecond)
    expect(server.bodies.length - before).to.equal(8)
  })

  for (const status of [429, 503]) {
    it(`waits as long as a ${status} response requests`, async () => {
      const { clock, server, uplink } = anUplink()
      server.answer = () => problem(status, { retryAfter: 20_000 })
      await uplink.record(readings(0, 1))
      await clock.advance(20 * oneSecond - 1)
      expect(server.bodies.length).to.equal(1)
      await clock.advance(2 * oneSecond)
      expect(server.bodies.length).to.equal(2)
    })
  }

  it('sends the newest readings first after an outage, then the backlog', async () => {
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

  it('sends the backlog at its rate limit and live readings immediately', async () => {
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

  it('keeps the rate limit of the backlog if the clock is set back', async () => {
    const { clock, server, uplink } = anUplink(10_000, 100)
    server.answer = () => problem(503, { retryAfter: 1_000 })
    await uplink.record(readings(0, 2_000))
    await clock.advance(0)
    server.answer = (sent) => accepted(sent.length)
    clock.setBack(3_600 * oneSecond)
    await clock.advance(30 * oneSecond)
    expect(uplink.counters.pending).to.equal(0)
  })

  it('pauses no longer than requested if the clock is set back', async () => {
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

  it('does not accept a 202 that does not account for every reading', async () => {
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

  it('sends the content of the journal before anything is recorded', async () => {
    const { clock, server, uplink } = anUplink(10, 100, [aReading(7)])
    uplink.start()
    await clock.advance(0)
    expect(server.sequences).to.deep.equal([[7]])
    expect(uplink.counters).to.include({ recorded: 1, acknowledged: 1, pending: 0 })
  })

  it('retries an unreadable journal after a delay and with the next reading', async () => {
    const { clock, server, journal, uplink } = anUplink()
    journal.isReadable = false
    await uplink.record(readings(0, 2))
    await clock.advance(3 * oneSecond)
    expect([server.bodies.length, uplink.counters.pending]).to.deep.equal([0, 2])
    journal.isReadable = true
    await clock.advance(oneSecond)
    expect(server.sequences).to.deep.equal([[0, 1]])
    journal.isReadable = false
    await uplink.record(readings(2, 2))
    await clock.advance(oneSecond / 2)
    journal.isReadable = true
    await uplink.record(readings(4, 1))
    await clock.advance(0)
    expect(server.sequences).to.deep.equal([
      [0, 1],
      [2, 3, 4],
    ])
  })

  it('counts and stores readings that a 202 refuses, and never sends them again', async () => {
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

  it('treats a 422 as the refusal of every reading, each with its code', async () => {
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
    it(`splits a batch that a ${status} refuses until the invalid reading is alone`, async () => {
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

  it('drops and counts the oldest readings when the journal is full, and logs this once', async () => {
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

  it('whenEmpty() resolves when nothing is pending', async () => {
    const { clock, server, uplink } = anUplink()
    const held = deferredAnswer()
    server.answer = () => held.answer
    await uplink.whenEmpty()
    await uplink.record(readings(0, 1))
    let isEmpty = false
    const empty = uplink.whenEmpty().then(() => (isEmpty = true))
    await clock.advance(oneSecond)
    expect(isEmpty).to.equal(false)
    held.resolveAnswer(accepted(1))
    await empty
  })
})
