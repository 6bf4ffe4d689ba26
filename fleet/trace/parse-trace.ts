import { toIsoMicroseconds } from '../../services/telemetry/time.ts'
import { completeFixes } from './complete-fixes.ts'
import { readCsv } from './csv.ts'
import type { Fix, FixTexts, RecordedFix, RecordedFixOrFault } from './fix.ts'
import { isFault, isFix, parseFix } from './fix.ts'
import { readGpx } from './gpx.ts'
import { inTimeOrder } from './time-order.ts'
import type { TraceFault } from './trace-error.ts'
import { TraceError } from './trace-error.ts'

/** A recorded drive. */
export type Trace = {
  readonly file: string
  /** At least one, in ascending order of their times; several can have the same time. */
  readonly fixes: readonly Fix[]
  /** Number of track segments with fixes. A CSV file has one. */
  readonly segments: number
  /** Points of the file that cannot be used, in their order. */
  readonly leftOut: readonly TraceFault[]
}

/**
 * Parses a recorded drive from the text of a CSV or GPX file. A text that begins with `<` is GPX. A
 * point that cannot be used is left out.
 *
 * @param file its name, for error messages
 * @throws TraceError with the file, the line, the problem and what is expected, if the file cannot
 *   be read or more than half of its points cannot be used
 */
export function parseTrace(text: string, file: string): Trace {
  const isXml = text
    .replace(/^\uFEFF/, '')
    .trimStart()
    .startsWith('<')
  const rows = isXml ? readGpx(text, file) : readCsv(text, file)
  if (rows.length === 0) {
    const expected = 'a drive with at least one fix'
    throw new TraceError({ place: file, problem: 'it contains no fix', expected })
  }
  const { fixes, leftOut } = parseRows(rows)
  requireMostPoints(leftOut, rows.length)
  const segments = new Set(fixes.map(({ segment }) => segment)).size
  return { file, fixes: completeFixes(fixes), segments, leftOut }
}

type Parsed = { readonly fixes: RecordedFix[]; readonly leftOut: TraceFault[] }

function parseRows(rows: readonly (FixTexts | TraceFault)[]): Parsed {
  const parsed = rows.map((row) => (isFault(row) ? row : parseFix(row)))
  const fixes = inTimeOrder(parsed.filter(isFix))
  const kept = new Set<RecordedFixOrFault>(fixes)
  const leftOut = parsed
    .filter((result) => !kept.has(result))
    .map((result) => (isFault(result) ? result : outOfOrder(result)))
  return { fixes, leftOut }
}

function outOfOrder({ place, recordedAt }: RecordedFix): TraceFault {
  const problem = `the time ${toIsoMicroseconds(recordedAt)} is not in the order of the other times`
  return { place, problem, expected: 'at or after the time of the point before it' }
}

/** A file of which most is left out is another file than it seems to be. */
function requireMostPoints(leftOut: readonly TraceFault[], points: number): void {
  const [first] = leftOut
  if (first === undefined || leftOut.length * 2 <= points) return
  const share =
    points === 1 ? '' : `; ${leftOut.length} of the ${points} points of the file cannot be used`
  throw new TraceError({ ...first, problem: `${first.problem}${share}` })
}
