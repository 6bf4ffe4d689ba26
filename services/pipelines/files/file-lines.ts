import { DelimitedLines } from './delimited/delimited-lines.ts'
import { JsonLines } from './json-lines.ts'
import type { BatchedLines, LineOptions } from './lines.ts'
import { SingleLineBatches } from './single-line-batches.ts'

/** The lines of a file of the declared format, from its text in UTF-8. */
export function createFileLines(options: LineOptions): BatchedLines {
  const { format } = options.step
  return format.kind === 'delimited'
    ? new DelimitedLines(options, format)
    : new SingleLineBatches(new JsonLines(options), options)
}
