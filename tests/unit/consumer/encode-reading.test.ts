import { expect } from 'chai'
import fc from 'fast-check'
import { toCopyChunks } from '../../../services/adapters/postgres/tables/copy-binary.ts'
import { CopyRowEncoder } from '../../../services/adapters/postgres/tables/copy-row-encoder.ts'
import type { DecodedEntry } from '../../../services/ledger/batch.ts'
import { decodeReading } from '../../../services/telemetry/reading/decode-reading.ts'
import { EncodedReading } from '../../../services/telemetry/reading/encoding/encoded-reading.ts'
import {
  createEncodingDecoder,
  createQuickDecoder,
} from '../../../services/telemetry/reading/encoding/reading-decoder.ts'
import { readingFields } from '../../../services/telemetry/reading/fields.ts'
import type { ReceivedReading } from '../../../services/telemetry/reading/reading.ts'
import { microsecondsPerDay } from '../../../services/telemetry/reading/reading.ts'
import { readingTable } from '../../../services/telemetry/reading/reading-table.ts'
import { anyReadingJson, aReadingJson, noon } from '../../support/builders.ts'
import type { SentRecord } from '../../support/fetched-records.ts'
import { fetchedRecords } from '../../support/fetched-records.ts'

const retentionMicros = 30 * microsecondsPerDay
const schema = readingTable('diag')
const encoder = new CopyRowEncoder(schema.columns.length)
const decode = createEncodingDecoder({ encoder, columns: schema.columns }, retentionMicros)
const decodeQuickly = createQuickDecoder(retentionMicros)

const usualHeaders = { 'schema-version': '1', 'received-at': '2026-01-31T12:00:00.000000Z' }

const bytesOf = (entry: DecodedEntry<ReceivedReading>, withOffset: boolean): string => {
  if (entry.kind === 'refused') return ''
  return Buffer.concat([...toCopyChunks([entry], { ...schema, withOffset })]).toString('latin1')
}

/** All that the consumer uses of an entry. */
function contentOf(entry: DecodedEntry<ReceivedReading>): object {
  const { kind, offset, original } = entry
  const record = { kind, offset, value: original.value, headers: original.headers }
  if (entry.kind === 'refused') return { ...record, code: entry.code, detail: entry.detail }
  const { reading, receivedAt } = entry.row
  const names = [...readingFields.map(({ name }) => name), 'recordedAt']
  const values = Object.fromEntries(
    names
      .filter((name) => name !== 'timestamp')
      .map((name) => [name, (reading as unknown as Record<string, unknown>)[name]]),
  )
  return {
    ...{ ...record, receivedAt, values },
    ...{ row: bytesOf(entry, false), incoming: bytesOf(entry, true) },
  }
}

/** Compares the decoders. @returns which records were encoded */
async function compare(records: readonly SentRecord[]): Promise<boolean[]> {
  const fetched = await fetchedRecords(records, noon / 1000)
  const entries = fetched.map((record) => decode(record))
  for (const [index, record] of fetched.entries()) {
    const expected = contentOf(decodeReading(record, retentionMicros))
    const entry = entries[index]
    if (entry === undefined) throw new Error('There is no entry.')
    expect(contentOf(entry), String(record.value)).to.deep.equal(expected)
    expect(decodeQuickly(record)).to.deep.equal(decodeReading(record, retentionMicros))
  }
  return entries.map((entry) => entry.kind === 'row' && entry.row.encoded !== undefined)
}

const sent = (value: object | string | Buffer | null, headers: object = {}): SentRecord => ({
  value:
    value === null || typeof value === 'string' || Buffer.isBuffer(value)
      ? value
      : JSON.stringify(value),
  headers: { ...usualHeaders, ...headers },
})
const json = JSON.stringify(aReadingJson())
/** The text of a reading with another text for one of its fields. */
const withField = (name: string, value: string): string =>
  `${json.slice(0, -1)},"${name}":${value}}`

describe('The encoder of readings', () => {
  const usual: readonly (readonly [title: string, record: SentRecord])[] = [
    [
      'all fields',
      sent(aReadingJson({ sequence: 7, altitude: -1.5, heading: 0, make: 'Ž', model: '' })),
    ],
    ['the required fields', sent(aReadingJson())],
    ['null for fields that are not required', sent(aReadingJson({ make: null, metadata: null }))],
    [
      'no speed in schema version 2',
      sent(aReadingJson({ speed: null }), { 'schema-version': '2' }),
    ],
    ['other headers', sent(aReadingJson(), { traceparent: '00-1-2-01', other: ['a', 'b'] })],
    ['spaces and another order', sent(`  ${withField('vin', '"A"')}\n`)],
    ['numbers with 17 digits', sent(aReadingJson({ latitude: 37.720997712345678, speed: 1 / 3 }))],
    ['minus zero', sent(withField('latitude', '-0.0'))],
    ['the largest sequence', sent(aReadingJson({ sequence: Number.MAX_SAFE_INTEGER }))],
    ['a whole number that is written with a fraction', sent(withField('sequence', '5.0'))],
  ]
  for (const [title, record] of usual) {
    it(`encodes a reading with ${title} as it is decoded`, async () => {
      expect(await compare([record])).to.deep.equal([true])
    })
  }

  it('encodes a record without the headers of a producer', async () => {
    expect(await compare([{ value: json, headers: {} }])).to.deep.equal([true])
  })

  const unusual: readonly (readonly [title: string, record: SentRecord])[] = [
    ['no value', sent(null)],
    ['an empty value', sent('')],
    ['metadata', sent(aReadingJson({ metadata: { battery: 0.5 } }))],
    ['an unknown field', sent(aReadingJson({ other: 1 }))],
    ['no vin', sent('{}')],
    ['no speed', sent(aReadingJson({ speed: null }))],
    ['a vin with a space', sent(aReadingJson({ vin: 'A B' }))],
    ['a long vin', sent(aReadingJson({ vin: 'A'.repeat(33) }))],
    ['an empty vin', sent(aReadingJson({ vin: '' }))],
    ['a time as a number', sent(aReadingJson({ timestamp: noon / 1e6 }))],
    ['a time with an offset', sent(aReadingJson({ timestamp: '2026-01-31T13:00:00+01:00' }))],
    ['a time that is no time', sent(aReadingJson({ timestamp: 'noon' }))],
    ['a time in the future', sent(aReadingJson({ timestamp: '2026-01-31T12:05:00.000001Z' }))],
    [
      'a time before the retention',
      sent(aReadingJson({ timestamp: '2026-01-01T11:59:59.999999Z' })),
    ],
    ['a latitude out of range', sent(aReadingJson({ latitude: 90.0000001 }))],
    ['a heading of 360 degrees', sent(aReadingJson({ heading: 360 }))],
    ['a sequence with a fraction', sent(aReadingJson({ sequence: 0.5 }))],
    ['a sequence that a double does not hold', sent(withField('sequence', '9007199254740993'))],
    ['a negative sequence', sent(aReadingJson({ sequence: -1 }))],
    ['a number with 60 digits', sent(withField('altitude', `0.${'1'.repeat(60)}`))],
    ['a number as a text', sent(aReadingJson({ speed: '1' }))],
    ['a text as a number', sent(aReadingJson({ make: 1 }))],
    ['a boolean', sent(aReadingJson({ speed: true }))],
    ['a long text', sent(aReadingJson({ make: 'x'.repeat(41) }))],
    ['a text with more bytes than characters', sent(aReadingJson({ make: 'Ž'.repeat(40) }))],
    ['an escaped NUL', sent(aReadingJson({ make: '\0' }))],
    ['bytes that are not UTF-8', sent(Buffer.from(withField('make', '"\xff"'), 'latin1'))],
    ['a byte order mark', sent(`\ufeff${json}`)],
    ['text after the object', sent(`${json} 1`)],
    ['half an object', sent(json.slice(0, -1))],
    ['an unknown schema version', sent(json, { 'schema-version': '3' })],
    ['two schema versions', sent(json, { 'schema-version': ['1', '2'] })],
    ['two times of receipt', sent(json, { 'received-at': ['2026-01-31T12:00:00Z', 'x'] })],
    ['a receipt that is no time', sent(json, { 'received-at': 'today' })],
    ['a receipt in another form', sent(json, { 'received-at': '2026-01-31T13:00:00+01:00' })],
    ['a receipt two days later', sent(json, { 'received-at': '2026-02-02T12:00:00Z' })],
    ['a refusal of the producer', sent(json, { 'refused-code': 'missing-timestamp' })],
    [
      '17 headers',
      sent(json, Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`h${i}`, '']))),
    ],
  ]
  for (const [title, record] of unusual) {
    it(`gives the row or the refusal of the decoder for a record with ${title}`, async () => {
      const [fetched] = await fetchedRecords([record], noon / 1000)
      if (fetched === undefined) throw new Error('There is no record.')
      const isRow = decodeReading(fetched, retentionMicros).kind === 'row'
      expect(await compare([record])).to.deep.equal([isRow])
    })
  }

  it('encodes the records before and after refused ones', async () => {
    const records = [
      sent(json),
      sent('{}'),
      sent(withField('vin', '"A"'), { 'schema-version': '3' }),
      sent(json),
    ]
    expect(await compare(records)).to.deep.equal([true, false, false, true])
  })

  it('keeps no values of metadata, which would take many times the memory of their bytes', async () => {
    const metadata = { a: Array.from({ length: 100 }, () => ({})) }
    const records = [sent(aReadingJson({ metadata })), sent(json)]
    const entries = (await fetchedRecords(records, noon / 1000)).map((record) => decode(record))
    expect(entries.map((entry) => entry instanceof EncodedReading)).to.deep.equal([true, true])
    const [withMetadata, usual] = entries.map((entry) => Object.keys(entry))
    expect(withMetadata).to.deep.equal(usual)
  })

  it('gives the same rows as the decoder for any readings', async () => {
    const headers = fc.record(
      {
        'schema-version': fc.constantFrom('1', '2', '3', ''),
        'received-at': fc.constantFrom('2026-01-31T12:00:00Z', '2026-01-31T12:00:00.1234567Z', 'x'),
        other: fc.string(),
      },
      { requiredKeys: [] },
    )
    const records = fc.array(fc.tuple(anyReadingJson, headers), { minLength: 1, maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(records, async (all) => {
        await compare(
          all.map(([value, given]) => ({ value: JSON.stringify(value), headers: given })),
        )
      }),
    )
  })

  it('gives the same rows and refusals as the decoder for any damaged readings', async () => {
    const damage = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), {
      maxLength: 3,
    })
    await fc.assert(
      fc.asyncProperty(anyReadingJson, damage, async (value, changes) => {
        const bytes = Buffer.from(JSON.stringify(value))
        for (const [at, byte] of changes) bytes[at % bytes.length] = byte
        await compare([{ value: bytes, headers: usualHeaders }])
      }),
      { numRuns: 2_000 },
    )
  })

  it('gives the same rows and refusals as the decoder for any values of fields', async () => {
    const value = fc.oneof(
      fc.double(),
      fc.integer(),
      fc.string(),
      fc.constantFrom(
        'null',
        'true',
        '-0',
        '1e3',
        '360',
        '0.1e-2',
        '12345678901234567',
        '00',
        '{}',
        '[]',
      ),
    )
    const field = fc.constantFrom(...readingFields.map(({ name }) => name), 'other')
    const text = (each: unknown): string => (typeof each === 'string' ? each : JSON.stringify(each))
    await fc.assert(
      fc.asyncProperty(field, value, fc.boolean(), async (name, given, isQuoted) => {
        const written = isQuoted ? JSON.stringify(String(given)) : text(given)
        await compare([sent(withField(name, written))])
      }),
      { numRuns: 2_000 },
    )
  })
})
