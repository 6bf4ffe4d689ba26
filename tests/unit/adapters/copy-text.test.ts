import { expect } from 'chai'
import fc from 'fast-check'
import { copyColumns, toCopyLine } from '../../../services/adapters/postgres/copy-text.ts'
import { readingFields } from '../../../services/telemetry/fields.ts'
import { parseReading } from '../../../services/telemetry/parse-reading.ts'
import type { Reading } from '../../../services/telemetry/reading.ts'
import { toIsoMicroseconds } from '../../../services/telemetry/time.ts'
import { aReading, anyReadingJson, aWindow, noon } from '../../support/builders.ts'

/** A line of COPY as Postgres reads it: PostgreSQL documentation, COPY, "Text Format". */
function columnsOf(line: string): (string | null)[] {
  if (!line.endsWith('\n') || /[\r\n]/.test(line.slice(0, -1))) throw new Error('not one line')
  const meanings: Record<string, string> = { t: '\t', n: '\n', r: '\r', '\\': '\\' }
  return line
    .slice(0, -1)
    .split('\t')
    .map((column) =>
      column === '\\N'
        ? null
        : column.replace(/\\(.)/gs, (_, letter: string) => meanings[letter] ?? '?'),
    )
}

function expected(reading: Reading): (string | null)[] {
  const { vin, recordedAt, sequence, latitude, longitude, altitude, speed, heading } = reading
  const text = (value: number | null) => (value === null ? null : String(value))
  return [
    vin,
    toIsoMicroseconds(recordedAt),
    String(sequence),
    String(latitude),
    String(longitude),
    text(altitude),
    String(speed),
    text(heading),
    reading.make,
    reading.model,
    reading.metadata === null ? null : JSON.stringify(reading.metadata),
    '2026-01-31T12:00:00.000000Z',
  ]
}

describe('toCopyLine', () => {
  it('writes the columns between tabs and \\N for null', () => {
    expect(toCopyLine(aReading(), noon)).to.equal(
      '1AVTB2C37R0000042\t2026-01-31T11:59:59.250000Z\t0\t37.7209977\t-122.4723053\t\\N\t7.823\t\\N\t\\N\t\\N\t\\N\t2026-01-31T12:00:00.000000Z\n',
    )
  })

  it('has a column for every field of a reading, in their order, and received_at', () => {
    const columns = copyColumns.split(', ')
    expect(columns).to.deep.equal([...readingFields.map(({ column }) => column), 'received_at'])
    expect(columnsOf(toCopyLine(aReading(), noon)).length).to.equal(columns.length)
  })

  it('escapes what would end a column or a line, or stand for null', () => {
    const reading = aReading({
      make: '\\N',
      model: 'a\tb\nc\rd\\e\\.',
      metadata: { 'k\t': '\\N\n' },
    })
    const line = toCopyLine(reading, noon)
    expect(columnsOf(line)).to.deep.equal(expected(reading))
    expect(line).to.include('\t\\\\N\ta\\tb\\nc\\rd\\\\e\\\\.\t')
  })

  it('tells an empty text from null', () => {
    const reading = aReading({ make: '', model: null })
    expect(columnsOf(toCopyLine(reading, noon)).slice(8, 10)).to.deep.equal(['', null])
  })

  it('is read back for any texts', () => {
    const nasty = fc.string({ unit: fc.constantFrom('\\', '\t', '\n', '\r', 'N', '.', 'é', '😀') })
    fc.assert(
      fc.property(nasty, nasty, nasty, (make, model, key) => {
        const reading = aReading({ make, model, metadata: { [key]: model } })
        expect(columnsOf(toCopyLine(reading, noon))).to.deep.equal(expected(reading))
      }),
    )
  })

  it('is read back for every valid reading', () => {
    fc.assert(
      fc.property(anyReadingJson, (json) => {
        const parsed = parseReading(json, aWindow())
        if (!parsed.ok) throw new Error(parsed.refusal.detail)
        expect(columnsOf(toCopyLine(parsed.reading, noon))).to.deep.equal(expected(parsed.reading))
      }),
    )
  })
})
