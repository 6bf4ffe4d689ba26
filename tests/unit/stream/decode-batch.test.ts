import { expect } from 'chai'
import type { SourceRecord } from '../../../services/ledger/batch.ts'
import { decodeBatch } from '../../../services/stream/decode-batch.ts'
import { decodeReading } from '../../../services/telemetry/reading/decode-reading.ts'
import { microsecondsPerDay } from '../../../services/telemetry/reading/reading.ts'
import { aConsumedRecord, aReading, noon } from '../../support/builders.ts'

const decode = (record: SourceRecord) => decodeReading(record, 30 * microsecondsPerDay)
const headers = {
  'schema-version': Buffer.from('1'),
  'received-at': Buffer.from('2026-01-31T11:59:59.999000Z'),
  traceparent: Buffer.from('x'),
}

describe('decodeBatch', () => {
  it('returns readings with their offsets and original records', async () => {
    const record = aConsumedRecord(7, { headers })
    expect(await decodeBatch([record], decode)).to.deep.equal([
      {
        kind: 'row',
        offset: 7,
        row: { reading: aReading({ sequence: 7 }), receivedAt: noon - 1000 },
        original: record,
      },
    ])
  })

  it('returns refusals with their reason and original record, in the order of the records', async () => {
    const value = Buffer.from('junk')
    const bad = aConsumedRecord(2, { value })
    const entries = await decodeBatch([aConsumedRecord(1), bad, aConsumedRecord(3)], decode)
    expect(entries.map(({ kind, offset }) => [kind, offset])).to.deep.equal([
      ['row', 1],
      ['refused', 2],
      ['row', 3],
    ])
    const refused = entries[1]
    expect(refused?.kind === 'refused' && refused.code).to.equal('unreadable-record')
    expect(refused?.original).to.equal(bad)
  })

  it('refuses a record at which the decoder throws, and decodes the others', async () => {
    const entries = await decodeBatch(
      [1, 2, 3].map((offset) => aConsumedRecord(offset)),
      (record) => {
        if (record.offset === 2) throw new RangeError('Invalid time value')
        return decode(record)
      },
    )
    expect(entries.map(({ kind }) => kind)).to.deep.equal(['row', 'refused', 'row'])
    const [, refused] = entries
    expect(refused).to.include({ offset: 2, code: 'decoder-failed' })
    expect(refused?.kind === 'refused' && refused.detail).to.include('Invalid time value')
  })

  it('reads the headers by name', async () => {
    const other = { ...headers, 'schema-version': Buffer.from('3') }
    const [refused] = await decodeBatch([aConsumedRecord(1, { headers: other })], decode)
    expect(refused?.kind === 'refused' && refused.code).to.equal('unknown-schema-version')
    const [bare] = await decodeBatch([aConsumedRecord(1)], decode)
    expect(bare?.kind === 'row' && bare.row.receivedAt).to.equal(noon)
  })

  it('refuses a record without a value and keeps the original record', async () => {
    const record = aConsumedRecord(1, { value: null })
    const [entry] = await decodeBatch([record], decode)
    expect(entry?.kind === 'refused' && entry.code).to.equal('unreadable-record')
    expect(entry?.original).to.equal(record)
  })

  it('keeps the order of a large batch and lets other work run in between', async () => {
    let turns = 0
    const count = () => {
      turns += 1
      immediate = setImmediate(count)
    }
    let immediate = setImmediate(count)
    const records = Array.from({ length: 1100 }, (_, offset) => aConsumedRecord(offset))
    const entries = await decodeBatch(records, decode)
    clearImmediate(immediate)
    expect(entries.map(({ offset }) => offset)).to.deep.equal([...records.keys()])
    expect(turns).to.be.at.least(2)
  })

  it('returns no entries for no records', async () => {
    expect(await decodeBatch([], decode)).to.deep.equal([])
  })
})
