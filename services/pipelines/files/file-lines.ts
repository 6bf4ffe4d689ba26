import { DelimitedLines } from './delimited-lines.ts'
import { JsonLines } from './json-lines.ts'
import type { FileLines, LineOptions } from './lines.ts'

/** The lines of a file of the declared format, from its text in UTF-8. */
export function createFileLines(options: LineOptions): FileLines {
  const { format } = options.step
  return format.kind === 'delimited' ? new DelimitedLines(options, format) : new JsonLines(options)
}
