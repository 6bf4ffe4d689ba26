import { completeFixes } from './complete-fixes.ts'
import { readCsv } from './csv.ts'
import type { Fix, FixTexts, RecordedFix } from './fix.ts'
import { parseFix } from './fix.ts'
import { readGpx } from './gpx.ts'
import { TraceError } from './trace-error.ts'

/**
 * A recorded drive from the text of a CSV or GPX file; one that begins with `<` is GPX.
 *
 * @param file its name, for error messages
 * @returns one fix or more, in the order of their times
 * @throws TraceError naming the file, the line or point, what is wrong and what would be right
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
      what: 'there is no fix in it',
      wanted: 'a drive of one fix or more',
    })
  }
  return completeFixes(parseAscending(rows))
}

function parseAscending(rows: readonly FixTexts[]): RecordedFix[] {
  let before = -Infinity
  return rows.map((row) => {
    const fix = parseFix(row)
    if (fix.recordedAt <= before) {
      const what = `the time ${row.timestamp ?? ''} is not after the one before`
      const wanted = 'a file in the order of its times, each there once'
      throw new TraceError({ place: row.place, what, wanted })
    }
    before = fix.recordedAt
    return fix
  })
}
