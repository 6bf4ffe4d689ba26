import { completeFixes } from './complete-fixes.ts'
import { readCsv } from './csv.ts'
import type { Fix, FixTexts, RecordedFix } from './fix.ts'
import { parseFix } from './fix.ts'
import { readGpx } from './gpx.ts'
import { TraceError } from './trace-error.ts'

/**
 * Parses a recorded drive from the text of a CSV or GPX file. A text that begins with `<` is GPX.
 *
 * @param file its name, for error messages
 * @returns at least one fix, in ascending order of their times
 * @throws TraceError with the file, the line or point, the problem and what is expected
 */
export function parseTrace(text: string, file: string): Fix[] {
  const isXml = text
    .replace(/^\uFEFF/, '')
    .trimStart()
    .startsWith('<')
  const rows = isXml ? readGpx(text, file) : readCsv(text, file)
  if (rows.length === 0) {
    throw new TraceError({
      place: file,
      problem: 'it contains no fix',
      expected: 'a drive with at least one fix',
    })
  }
  return completeFixes(parseAscending(rows))
}

function parseAscending(rows: readonly FixTexts[]): RecordedFix[] {
  let before = -Infinity
  return rows.map((row) => {
    const fix = parseFix(row)
    if (fix.recordedAt <= before) {
      const problem = `the time ${row.timestamp ?? ''} is not after the previous time`
      const expected = 'a file with ascending times, each only once'
      throw new TraceError({ place: row.place, problem, expected })
    }
    before = fix.recordedAt
    return fix
  })
}
