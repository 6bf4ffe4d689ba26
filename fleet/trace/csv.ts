import { CsvError, parse } from 'csv-parse/sync'
import type { FixTexts } from './fix.ts'
import type { TraceFault } from './trace-error.ts'
import { TraceError } from './trace-error.ts'

const shownColumns = ['timestamp', 'latitude', 'longitude', 'altitude', 'speed', 'heading']
const columns = [...shownColumns, 'altitude_reference']
const required = ['timestamp', 'latitude', 'longitude']
/** Names of columns in other files: a copy of the table `diag`, and the track files of the dashboard. */
const otherNames: Readonly<Record<string, string>> = {
  recorded_at: 'timestamp',
  altitude_m: 'altitude',
  speed_m_s: 'speed',
  heading_deg: 'heading',
}
const expectedHeader = `a header such as ${shownColumns.join(',')} (the last three are optional)`
const expectedSeparator = 'commas, with a decimal point in numbers'

type CsvRecord = { readonly record: readonly string[]; readonly info: { readonly lines: number } }

/**
 * Reads the fixes of a CSV file with a header line. Upper and lower case are the same in the header;
 * columns with other names are ignored.
 *
 * @param file its name, for error messages
 * @returns for each line the texts of its fix, or why the line cannot be used
 * @throws TraceError naming the line
 */
export function readCsv(text: string, file: string): (FixTexts | TraceFault)[] {
  const [header, ...records] = parseRecords(text, file)
  if (header === undefined) return []
  const names = readHeader(header.record, `${file}, line ${header.info.lines}`)
  return records.map(({ record, info }) => toTexts(record, names, `${file}, line ${info.lines}`))
}

function parseRecords(text: string, file: string): CsvRecord[] {
  // Excel writes the separator into the first line and does not count the line as content.
  const separator = /^\uFEFF?"?sep=(.)"?\r?\n/i.exec(text)
  requireComma(separator?.[1] ?? ',', `${file}, line 1`)
  const content = separator === null ? text : text.replace(separator[0], '\n')
  const options = { bom: true, info: true, skip_empty_lines: true, trim: true }
  try {
    return parse(content, { ...options, relax_column_count: true }) as unknown as CsvRecord[]
  } catch (cause) {
    if (!(cause instanceof CsvError)) throw cause
    const fault = { place: `${file}, line ${Number(cause['lines'])}`, problem: cause.message }
    throw new TraceError({ ...fault, expected: 'comma-separated values' }, { cause })
  }
}

/** Throws TraceError if a required column is missing. */
function readHeader(record: readonly string[], place: string): string[] {
  const names = record.map((name) => name.toLowerCase()).map((name) => otherNames[name] ?? name)
  const missing = required.filter((name) => !names.includes(name))
  if (missing.length === 0) return names
  const [line = ''] = record
  if (record.length === 1) requireComma(/[;\t|]/.exec(line)?.[0] ?? ',', place)
  const noun = missing.length === 1 ? 'column' : 'columns'
  const verb = missing.length === 1 ? 'is' : 'are'
  const problem = `the ${noun} ${missing.join(', ')} ${verb} missing in ${JSON.stringify(record.join(','))}`
  throw new TraceError({ place, problem, expected: expectedHeader })
}

const separatorNames: Readonly<Record<string, string>> = {
  ';': 'semicolons',
  '\t': 'tabs',
  '|': 'vertical bars',
}

function requireComma(separator: string, place: string): void {
  if (separator === ',') return
  const name = separatorNames[separator] ?? JSON.stringify(separator)
  const problem = `the columns are separated by ${name}`
  throw new TraceError({ place, problem, expected: expectedSeparator })
}

function toTexts(
  record: readonly string[],
  names: readonly string[],
  place: string,
): FixTexts | TraceFault {
  if (record.length !== names.length) {
    const problem = `it has ${record.length} values`
    return { place, problem, expected: `${names.length} values, as many as the header` }
  }
  const [timestamp, latitude, longitude, altitude, speed, heading, altitudeReference] = columns.map(
    (name) => record[names.indexOf(name)],
  )
  const position = { latitude, longitude, altitude, altitudeReference }
  return { place, segment: 0, timestamp, ...position, speed, heading }
}
