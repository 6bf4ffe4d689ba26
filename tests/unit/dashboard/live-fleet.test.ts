import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import fc from 'fast-check'
import { LiveFleet } from '../../../services/dashboard/live/live-fleet.ts'
import type { JsonObject, Reading } from '../../../services/telemetry/reading/reading.ts'
import { aReading, noon } from '../../support/builders.ts'

const received = (reading: Partial<Reading>, receipt: string | null = '1-0-1') => ({
  reading: aReading(reading),
  receivedAt: noon,
  receipt,
})

setFlagsFromString('--expose-gc')
const collectGarbage = runInNewContext('gc') as () => void

/** Bytes of reachable objects. */
function heapUsed(): number {
  collectGarbage()
  return process.memoryUsage().heapUsed
}

describe('LiveFleet', () => {
  it('has the same state for any order and number of repetitions of the readings', () => {
    const arrival = fc.record({
      vin: fc.constantFrom('A', 'B', 'C'),
      recordedAt: fc.integer({ min: noon, max: noon + 5 }),
      sequence: fc.nat({ max: 3 }),
    })
    fc.assert(
      fc.property(fc.array(arrival), fc.array(fc.nat()), (arrivals, order) => {
        const [inOrder, shuffled] = [new LiveFleet(10), new LiveFleet(10)]
        const sorted = [...arrivals].sort(
          (a, b) => a.recordedAt - b.recordedAt || a.sequence - b.sequence,
        )
        for (const reading of sorted) inOrder.apply(received(reading))
        for (const reading of arrivals) shuffled.apply(received(reading))
        for (const at of order) {
          const again = arrivals[at % Math.max(1, arrivals.length)]
          if (again) shuffled.apply(received(again, '1-0-2'))
        }
        for (const vin of ['A', 'B', 'C']) {
          const [expected, actual] = [inOrder.get(vin), shuffled.get(vin)]
          expect({ ...actual, gaps: 0 }).to.deep.equal({ ...expected, gaps: 0 })
        }
      }),
    )
  })

  it('returns exactly the vins that have changed since a version', () => {
    const fleet = new LiveFleet(10)
    fleet.apply(received({ vin: 'A', recordedAt: noon }))
    fleet.apply(received({ vin: 'B', recordedAt: noon }))
    expect(fleet.changedSince(-1)).to.deep.equal(['A', 'B'])
    const { version } = fleet
    expect(fleet.changedSince(version)).to.deep.equal([])
    fleet.apply(received({ vin: 'A', recordedAt: noon - 1 }))
    expect(fleet.changedSince(version)).to.deep.equal([])
    fleet.apply(received({ vin: 'A', recordedAt: noon + 1 }))
    expect(fleet.changedSince(version)).to.deep.equal(['A'])
  })

  it('returns the JSON of the new state after a change', () => {
    const fleet = new LiveFleet(10)
    fleet.apply(received({ vin: 'A', recordedAt: noon, speed: 1 }))
    expect(JSON.parse(fleet.stateJson('A') ?? '')).to.include({
      recordedAt: '2026-01-31T12:00:00.000000Z',
      speed: 1,
      receipt: '1-0-1',
    })
    fleet.apply(received({ vin: 'A', recordedAt: noon + 1, speed: 2 }))
    expect(JSON.parse(fleet.stateJson('A') ?? '')).to.include({ speed: 2 })
    expect(fleet.stateJson('B')).to.equal(undefined)
  })

  it('replaces every field by that of the latest reading', () => {
    const fleet = new LiveFleet(10)
    const full = { altitude: 1, heading: 2, make: 'Tesla', model: 'Y', metadata: { fuel: 1 } }
    fleet.apply(received({ vin: 'A', recordedAt: noon, sequence: 1, ...full }))
    const changed = { ...aReading(), vin: 'A', recordedAt: noon + 1, sequence: 2, latitude: 1.5 }
    const others = { longitude: 2.5, altitude: null, speed: 3.5, heading: null, make: null }
    const reading = { ...changed, ...others, model: null, metadata: null }
    fleet.apply({ reading, receivedAt: noon + 7, receipt: '2-0-9' })
    const rest = { receivedAt: noon + 7, receipt: '2-0-9', gaps: 0 }
    expect(fleet.get('A')).to.deep.equal({ ...reading, ...rest })
    expect(fleet.stateJson('A')).to.include('"metadata":null')
  })

  it('counts a vehicle as changed if a late reading fills a gap', () => {
    const fleet = new LiveFleet(10)
    for (const sequence of [1, 3])
      fleet.apply(received({ vin: 'A', recordedAt: noon + sequence, sequence }))
    expect(fleet.stateJson('A')).to.include('"gaps":1')
    const { version } = fleet
    fleet.apply(received({ vin: 'A', recordedAt: noon + 2, sequence: 2 }, '1-0-7'))
    expect(fleet.changedSince(version)).to.deep.equal(['A'])
    expect(fleet.stateJson('A')).to.include('"gaps":0').and.include('"receipt":"1-0-1"')
  })

  it('restores every field of a later reading of the table, without a receipt', () => {
    const fleet = new LiveFleet(10)
    fleet.apply(received({ vin: 'A', recordedAt: noon, sequence: 1 }))
    const later = { vin: 'A', recordedAt: noon + 1, sequence: 2, latitude: 1.5, make: 'Tesla' }
    const stored = { ...aReading(later), metadata: '{"fuel":1}', receivedAt: noon + 7 }
    expect(fleet.stateJson('A')).to.include('"sequence":1')
    fleet.restore(stored)
    expect(fleet.get('A')).to.deep.equal({ ...stored, receipt: null, gaps: 0 })
    expect(fleet.stateJson('A')).to.include('"sequence":2')
  })

  it('encodes all fields of a reading in a fixed order', () => {
    const fleet = new LiveFleet(10)
    const metadata = { fuel: 0.5, tyres: [2.1, { worn: null }], note: '"ü" \u2028' }
    fleet.apply(received({ vin: 'A', recordedAt: noon, sequence: 3, make: 'Tesla', metadata }))
    const { latitude, longitude, altitude, speed, heading } = aReading()
    const [recordedAt, receivedAt] = ['2026-01-31T12:00:00.000000Z', '2026-01-31T12:00:00.000000Z']
    const place = { latitude, longitude, speed, heading, altitude }
    const names = { sequence: 3, make: 'Tesla', model: null }
    const rest = { metadata, receipt: '1-0-1', gaps: 0 }
    const complete = { vin: 'A', recordedAt, receivedAt, ...place, ...names, ...rest }
    expect(fleet.stateJson('A')).to.equal(JSON.stringify(complete))
  })

  it('needs less than 10 KB of heap for a vehicle with the largest metadata', function () {
    // Thousands of vehicles with 4 KB each: slow on a busy machine.
    this.timeout(60_000)
    const numbers = Object.fromEntries(Array.from({ length: 320 }, (_, at) => [`s${at}`, at + 0.1]))
    const nested = { all: Array.from({ length: 1_360 }, () => ({})) }
    const wide = { text: `€${'x'.repeat(4_080)}` }
    for (const metadata of [numbers, nested, wide]) {
      const text = JSON.stringify(metadata)
      expect(Buffer.byteLength(text)).to.be.within(3_800, 4_096)
      // Enough vehicles that garbage of earlier tests does not matter.
      const fleet = new LiveFleet(5_000)
      const before = heapUsed()
      for (let at = 0; at < 4_000; at += 1) {
        fleet.apply(received({ vin: `V-${at}`, metadata: JSON.parse(text) as JsonObject }))
        fleet.stateJson(`V-${at}`)
      }
      expect((heapUsed() - before) / fleet.size).to.be.lessThan(10_000)
    }
  })

  it('removes the vehicle that reported least recently, and returns its vin', () => {
    const fleet = new LiveFleet(2)
    for (const vin of ['A', 'B']) fleet.apply(received({ vin }))
    fleet.apply(received({ vin: 'A' }))
    const { version } = fleet
    fleet.apply(received({ vin: 'C' }))
    expect(fleet.states().map(({ vin }) => vin)).to.deep.equal(['A', 'C'])
    expect(fleet.removedSince(version)).to.deep.equal(['B'])
    fleet.apply(received({ vin: 'B' }))
    expect(fleet.removedSince(version)).to.deep.equal(['A'])
    expect(fleet.size).to.equal(2)
  })

  it('restores readings that are newer than its own, and continues counting gaps from them', () => {
    const fleet = new LiveFleet(10)
    fleet.apply(received({ vin: 'A', recordedAt: noon + 5, sequence: 9 }))
    const stored = (vin: string) => ({
      ...aReading({ vin, recordedAt: noon, sequence: 4 }),
      metadata: '{"fuel":1}',
      receivedAt: noon,
    })
    fleet.restore(stored('A'))
    fleet.restore(stored('B'))
    expect(fleet.get('A')).to.include({ sequence: 9, receipt: '1-0-1' })
    expect(fleet.get('B')).to.include({ sequence: 4, receipt: null, gaps: 0 })
    expect(JSON.parse(fleet.stateJson('B') ?? '')).to.deep.include({
      metadata: { fuel: 1 },
      gaps: 0,
    })
    fleet.apply(received({ vin: 'B', recordedAt: noon + 1, sequence: 6 }))
    expect(fleet.get('B')).to.include({ sequence: 6, gaps: 1 })
  })

  it('counts no gaps between the numbers that the producer makes for phones and trackers', () => {
    const fleet = new LiveFleet(10)
    for (const after of [0, 7, 3])
      fleet.apply(received({ vin: 'A', recordedAt: noon + after, sequence: 2 ** 52 + after }))
    expect(fleet.get('A')?.gaps).to.equal(0)
  })

  it('counts no gaps for vehicles that always send sequence 0', () => {
    const fleet = new LiveFleet(10)
    for (const after of [0, 1, 2]) fleet.apply(received({ vin: 'A', recordedAt: noon + after }))
    expect(fleet.get('A')?.gaps).to.equal(0)
  })
})
