import { setImmediate as settled } from 'node:timers/promises'
import { expect } from 'chai'
import { acceptReadings } from '../../../services/producer/events/accept-readings.ts'
import { RecordCollector } from '../../../services/producer/events/collect-records.ts'
import type { OutgoingRecord, RecordLog } from '../../../services/telemetry/ports.ts'
import type { ParsedReading } from '../../../services/telemetry/reading/reading.ts'
import { encodeReading } from '../../../services/telemetry/reading/wire.ts'
import { aReading, noon } from '../../support/builders.ts'
import { ManualRecordLog } from './manual-record-log.ts'
import { FakeClock } from './fake-clock.ts'

/** Acknowledges all at once, each record in the partition that its vin ends with. */
class QuickLog implements RecordLog {
  readonly records: OutgoingRecord[] = []
  append(records: readonly OutgoingRecord[]) {
    const first = this.records.length
    this.records.push(...records)
    const partitionOf = ({ key }: OutgoingRecord) => Number(key.at(-1))
    return Promise.resolve(
      records.map((record, index) => ({ partition: partitionOf(record), offset: first + index })),
    )
  }
}

const taken = (vin: string): ParsedReading => ({ ok: true, reading: aReading({ vin }) })
const refusal = { code: 'out-of-range', detail: 'speed -1 is outside [0, 500] m/s.' } as const
const refused: ParsedReading = { ok: false, refusal }
const arrival = { receivedAt: noon, traceparent: undefined }
const optionsFor = (log: RecordLog) => ({
  collector: new RecordCollector(log),
  currentLogId: () => 4,
})

describe('acceptReadings', () => {
  it('gives each reading its receipt, and null where it was refused', async () => {
    const parsed = [refused, taken('car-3'), refused, taken('car-1'), taken('car-3'), refused]
    expect(await acceptReadings(parsed, arrival, optionsFor(new QuickLog()))).to.deep.equal({
      kind: 'accepted',
      answer: {
        accepted: 3,
        receipts: [null, '4-3-0', null, '4-1-1', '4-3-2', null],
        rejected: [0, 2, 5].map((index) => ({ index, ...refusal })),
      },
    })
  })

  it('names the log that is current when the records are acknowledged', async () => {
    const log = new ManualRecordLog()
    let current = 4
    const options = { collector: new RecordCollector(log), currentLogId: () => current }
    const outcome = acceptReadings([taken('car-0')], arrival, options)
    await settled()
    current = 5
    await log.acknowledge()
    expect(await outcome).to.deep.equal({
      kind: 'accepted',
      answer: { accepted: 1, receipts: ['5-0-0'], rejected: [] },
    })
  })

  it('appends each reading under its vin, with the headers of its arrival', async () => {
    const log = new QuickLog()
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    await acceptReadings([taken('car-1')], { ...arrival, traceparent }, optionsFor(log))
    expect(log.records).to.deep.equal([
      {
        key: 'car-1',
        value: encodeReading(aReading({ vin: 'car-1' })),
        headers: {
          'schema-version': '1',
          'received-at': '2026-01-31T12:00:00.000000Z',
          traceparent,
        },
      },
    ])
  })

  it('writes no traceparent where there is none', async () => {
    const log = new QuickLog()
    await acceptReadings([taken('car-1')], arrival, optionsFor(log))
    const names = Object.keys(log.records[0]?.headers ?? {})
    expect(names).to.deep.equal(['schema-version', 'received-at'])
  })

  it('appends nothing where every reading is refused, or none was sent', async () => {
    const log = new QuickLog()
    const all = await acceptReadings([refused], arrival, optionsFor(log))
    expect(all).to.deep.equal({ kind: 'all-refused', rejected: [{ index: 0, ...refusal }] })
    const none = await acceptReadings([], arrival, optionsFor(log))
    expect(none).to.deep.equal({ kind: 'all-refused', rejected: [] })
    expect(log.records).to.deep.equal([])
  })

  it('says so where Kafka has not acknowledged in time', async () => {
    const clock = new FakeClock()
    try {
      const outcome = acceptReadings([taken('car-1')], arrival, optionsFor(new ManualRecordLog()))
      clock.advance(10_000)
      expect(await outcome).to.deep.equal({ kind: 'not-acknowledged' })
    } finally {
      clock.restore()
    }
  })
})
