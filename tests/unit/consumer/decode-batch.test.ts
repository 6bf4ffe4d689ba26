import { expect } from 'chai'
import type { FedRecord } from '../../../services/adapters/kafka/fed-batch.ts'
import { decodeBatch } from '../../../services/consumer/decode-batch.ts'
import { microsecondsPerDay } from '../../../services/telemetry/reading.ts'
import { encodeReading } from '../../../services/telemetry/wire.ts'
import { aReading, noon } from '../../support/builders.ts'

const retention = 30 * microsecondsPerDay
const key = Buffer.from('1AVTB2C37R0000042')
const header = (name: string, value: string) => [name, Buffer.from(value)] as const
const headers = [
  header('schema-version', '1'),
  header('received-at', '2026-01-31T12:00:00.000000Z'),
  header('traceparent', 'x'),
]

function aFedRecord(offset: number, overrides: Partial<FedRecord> = {}): FedRecord {
  const value = Buffer.from(encodeReading(aReading({ sequence: offset })))
  return { offset, key, value, headers, appendedAt: noon + 1, ...overrides }
}

describe('decodeBatch', () => {
  it('gives readings with their offsets and originals', async () => {
    const record = aFedRecord(7)
    expect(await decodeBatch([record], retention)).to.deep.equal([
      {
        kind: 'reading',
        offset: 7,
        reading: aReading({ sequence: 7 }),
        receivedAt: noon,
        original: record,
      },
    ])
  })

  it('gives refusals with their reason and original, in the place of the record', async () => {
    const value = Buffer.from('junk')
    const bad = aFedRecord(2, { value })
    const entries = await decodeBatch([aFedRecord(1), bad, aFedRecord(3)], retention)
    expect(entries.map(({ kind, offset }) => [kind, offset])).to.deep.equal([
      ['reading', 1],
      ['refused', 2],
      ['reading', 3],
    ])
    const refused = entries[1]
    expect(refused?.kind === 'refused' && refused.code).to.equal('unreadable-record')
    expect(refused?.original).to.equal(bad)
  })

  it('reads the headers by their names', async () => {
    const other = [header('schema-version', '2')]
    const [refused] = await decodeBatch([aFedRecord(1, { headers: other })], retention)
    expect(refused?.kind === 'refused' && refused.code).to.equal('unknown-schema-version')
    const [bare] = await decodeBatch([aFedRecord(1, { headers: [] })], retention)
    expect(bare?.kind === 'reading' && bare.receivedAt).to.equal(noon + 1)
  })

  it('takes a record without key or value', async () => {
    const record = aFedRecord(1, { key: null, value: null })
    const [entry] = await decodeBatch([record], retention)
    expect(entry?.kind === 'refused' && entry.code).to.equal('unreadable-record')
    expect(entry?.original).to.equal(record)
  })

  it('keeps the order of a large batch, and lets others run meanwhile', async () => {
    let turns = 0
    const count = () => {
      turns += 1
      immediate = setImmediate(count)
    }
    let immediate = setImmediate(count)
    const records = Array.from({ length: 1100 }, (_, offset) => aFedRecord(offset))
    const entries = await decodeBatch(records, retention)
    clearImmediate(immediate)
    expect(entries.map(({ offset }) => offset)).to.deep.equal([...records.keys()])
    expect(turns).to.be.at.least(2)
  })

  it('gives nothing for nothing', async () => {
    expect(await decodeBatch([], retention)).to.deep.equal([])
  })
})
