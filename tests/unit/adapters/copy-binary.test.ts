import { expect } from 'chai'
import fc from 'fast-check'
import { toCopyChunks } from '../../../services/adapters/postgres/tables/copy-binary.ts'
import { readingFields } from '../../../services/telemetry/reading/fields.ts'
import { parseReading } from '../../../services/telemetry/reading/parse-reading.ts'
import type { Reading } from '../../../services/telemetry/reading/reading.ts'
import { readingTable } from '../../../services/telemetry/reading/reading-table.ts'
import { aReading, anyReadingJson, aWindow, noon } from '../../support/builders.ts'

type Field = Buffer | null

const { columns } = readingTable('diag')

/** Decodes a `COPY` like Postgres does (PostgreSQL documentation, COPY, "Binary Format"). */
function rowsOf(bytes: Buffer): Field[][] {
  expect(bytes.subarray(0, 11).toString('latin1')).to.equal('PGCOPY\n\xff\r\n\0')
  expect(bytes.readInt32BE(11)).to.equal(0)
  let at = 19 + bytes.readInt32BE(15)
  const rows: Field[][] = []
  for (;;) {
    const count = bytes.readInt16BE(at)
    at += 2
    if (count === -1) break
    rows.push(
      Array.from({ length: count }, () => {
        const length = bytes.readInt32BE(at)
        at += 4
        if (length === -1) return null
        at += length
        return bytes.subarray(at - length, at)
      }),
    )
  }
  expect(at).to.equal(bytes.length)
  return rows
}

const text = (field: Field | undefined) => field?.toString('utf8') ?? null
const double = (field: Field | undefined) => field?.readDoubleBE() ?? null
const time = (field: Field | undefined) =>
  Number((field?.readBigInt64BE() ?? 0n) + BigInt(Date.UTC(2000)) * 1000n)
function json(field: Field | undefined): unknown {
  if (!field) return null
  expect(field[0]).to.equal(1)
  return JSON.parse(field.toString('utf8', 1))
}

function readingOf(row: readonly Field[]): Reading {
  return {
    vin: text(row[0]) ?? '',
    recordedAt: time(row[1]),
    sequence: Number(row[2]?.readBigInt64BE()),
    latitude: double(row[3]) ?? NaN,
    longitude: double(row[4]) ?? NaN,
    altitude: double(row[5]),
    speed: double(row[6]) ?? NaN,
    heading: double(row[7]),
    make: text(row[8]),
    model: text(row[9]),
    metadata: json(row[10]) as Reading['metadata'],
  }
}

function copied(readings: readonly Reading[], withOffset = false): Field[][] {
  const rows = readings.map((reading, offset) => ({ offset, row: { reading, receivedAt: noon } }))
  return rowsOf(Buffer.concat([...toCopyChunks(rows, { columns, withOffset })]))
}

describe('toCopyChunks', () => {
  it('writes a column for every field of a reading, in order, and received_at', () => {
    const names = columns.map(({ name }) => name)
    expect(names).to.deep.equal([...readingFields.map(({ column }) => column), 'received_at'])
    const [row = []] = copied([aReading()])
    expect(row.length).to.equal(columns.length)
    expect(time(row[11])).to.equal(noon)
  })

  it('starts each row with its offset if withOffset is true', () => {
    const rows = copied([aReading(), aReading({ sequence: 5 })], true)
    expect(rows.map(([offset]) => Number(offset?.readBigInt64BE()))).to.deep.equal([0, 1])
    expect(readingOf(rows[1]?.slice(1) ?? [])).to.deep.equal(aReading({ sequence: 5 }))
  })

  it('writes only header and trailer for no rows', () => {
    expect(copied([])).to.deep.equal([])
  })

  it('distinguishes an empty text from null', () => {
    const [row = []] = copied([aReading({ make: '', model: null })])
    expect([text(row[8]), row[9]]).to.deep.equal(['', null])
  })

  it('keeps integers up to the maximum safe integer, and times before the year 2000', () => {
    const reading = aReading({ sequence: Number.MAX_SAFE_INTEGER, recordedAt: -1 })
    expect(copied([reading]).map(readingOf)).to.deep.equal([reading])
  })

  it('round-trips any short and long texts', () => {
    const unit = fc.constantFrom('\\', '\t', '\n', 'N', 'é', '😀', '€')
    const texts = fc.string({ unit, maxLength: 60 })
    fc.assert(
      fc.property(texts, texts, texts, (make, model, key) => {
        const reading = aReading({ make, model, metadata: { [key]: model } })
        expect(copied([reading]).map(readingOf)).to.deep.equal([reading])
      }),
    )
  })

  it('round-trips rows that fill many chunks', () => {
    const metadata = { note: 'é'.repeat(2_000) }
    const readings = Array.from({ length: 300 }, (_, sequence) =>
      aReading({ sequence, metadata: sequence % 7 === 0 ? metadata : null }),
    )
    expect(copied(readings).map(readingOf)).to.deep.equal(readings)
  })

  it('round-trips every valid reading', () => {
    fc.assert(
      fc.property(anyReadingJson, (json) => {
        const parsed = parseReading(json, aWindow())
        if (!parsed.ok) throw new Error(parsed.refusal.detail)
        expect(copied([parsed.reading]).map(readingOf)).to.deep.equal([parsed.reading])
      }),
    )
  })
})
