import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect } from 'chai'
import { acceptReadings } from '../../../services/producer/events/accept-readings.ts'
import { RecordCollector } from '../../../services/producer/events/collect-records.ts'
import type {
  OutgoingRecord,
  RecordAppender,
} from '../../../services/telemetry/store-interfaces.ts'
import type { ParsedReading } from '../../../services/telemetry/reading/reading.ts'
import { encodeReading } from '../../../services/telemetry/reading/wire.ts'
import { aReading, noon } from '../../support/builders.ts'
import { ManualRecordAppender } from './manual-record-appender.ts'
import { FakeClock } from './fake-clock.ts'

/** Acknowledges every record immediately. The last digit of the vin is the partition. */
class ImmediateRecordAppender implements RecordAppender {
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

const valid = (vin: string): ParsedReading => ({ ok: true, reading: aReading({ vin }) })
const refusal = { code: 'out-of-range', detail: 'speed -1 is outside [0, 500] m/s.' } as const
const refused: ParsedReading = { ok: false, refusal }
const arrival = { receivedAt: noon, traceparent: undefined }
const optionsFor = (log: RecordAppender) => ({
  collector: new RecordCollector(log),
  currentLogId: () => 4,
})

describe('acceptReadings', () => {
  it('returns a receipt for each accepted reading and null for each refused reading', async () => {
    const parsed = [refused, valid('car-3'), refused, valid('car-1'), valid('car-3'), refused]
    expect(
      await acceptReadings(parsed, arrival, optionsFor(new ImmediateRecordAppender())),
    ).to.deep.equal({
      kind: 'accepted',
      answer: {
        accepted: 3,
        receipts: [null, '4-3-0', null, '4-1-1', '4-3-2', null],
        rejected: [0, 2, 5].map((index) => ({ index, ...refusal })),
      },
    })
  })

  it('uses the log id that is current when the records are acknowledged', async () => {
    const log = new ManualRecordAppender()
    let logId = 4
    const options = { collector: new RecordCollector(log), currentLogId: () => logId }
    const outcome = acceptReadings([valid('car-0')], arrival, options)
    await nextTurn()
    logId = 5
    await log.acknowledge()
    expect(await outcome).to.deep.equal({
      kind: 'accepted',
      answer: { accepted: 1, receipts: ['5-0-0'], rejected: [] },
    })
  })

  it('appends each reading with its vin as the key and with headers for schema version, time and trace', async () => {
    const log = new ImmediateRecordAppender()
    const traceparent = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'
    await acceptReadings([valid('car-1')], { ...arrival, traceparent }, optionsFor(log))
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

  it('writes no traceparent header if the request has none', async () => {
    const log = new ImmediateRecordAppender()
    await acceptReadings([valid('car-1')], arrival, optionsFor(log))
    const names = Object.keys(log.records[0]?.headers ?? {})
    expect(names).to.deep.equal(['schema-version', 'received-at'])
  })

  it('appends nothing if every reading is refused or the request is empty', async () => {
    const log = new ImmediateRecordAppender()
    const all = await acceptReadings([refused], arrival, optionsFor(log))
    expect(all).to.deep.equal({ kind: 'all-refused', rejected: [{ index: 0, ...refusal }] })
    const none = await acceptReadings([], arrival, optionsFor(log))
    expect(none).to.deep.equal({ kind: 'all-refused', rejected: [] })
    expect(log.records).to.deep.equal([])
  })

  it('returns not-acknowledged if Kafka does not acknowledge within 10 seconds', async () => {
    const clock = new FakeClock()
    try {
      const outcome = acceptReadings(
        [valid('car-1')],
        arrival,
        optionsFor(new ManualRecordAppender()),
      )
      clock.advance(10_000)
      expect(await outcome).to.deep.equal({ kind: 'not-acknowledged' })
    } finally {
      clock.restore()
    }
  })
})
