import { CsvError, parse } from 'csv-parse/sync'
import type { FixTexts } from './fix.ts'
import { TraceError } from './trace-error.ts'

const columns = ['timestamp', 'latitude', 'longitude', 'altitude', 'speed', 'heading']
const required = ['timestamp', 'latitude', 'longitude']
const expectedHeader = `${columns.join(',')} (the last three are optional)`

type CsvRecord = {
  readonly record: Readonly<Record<string, string>>
  readonly info: { readonly lines: number }
}

/**
 * Reads the fixes of a CSV file with a header line. Columns with other names are ignored.
 *
 * @param file its name, for error messages
 * @throws TraceError naming the line
 */
export function readCsv(text: string, file: string): FixTexts[] {
  const options = { bom: true, info: true, skip_empty_lines: true, trim: true }
  try {
    const header = (names: string[]): string[] => requireColumns(names, file)
    const records = parse<CsvRecord>(text, { ...options, columns: header })
    return records.map(({ record, info }) => toTexts(record, `${file}, line ${info.lines}`))
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    const place = `${file}, line ${Number(cause['lines'])}`
    const expected = 'comma-separated values, in every line as many as in the header'
    throw new TraceError({ place, problem: cause.message, expected }, { cause })
  }
}

function requireColumns(names: readonly string[], file: string): string[] {
  const missing = required.filter((name) => !names.includes(name))
  if (missing.length === 0) return [...names]
  const problem = `the column ${missing.join(', ')} is missing`
  throw new TraceError({ place: `${file}, line 1`, problem, expected: expectedHeader })
}

function toTexts(record: CsvRecord['record'], place: string): FixTexts {
  const { timestamp, latitude, longitude, altitude, speed, heading } = record
  return { place, timestamp, latitude, longitude, altitude, speed, heading }
}
