import { createHash } from 'node:crypto'
import type { LineLetter } from '../../../adapters/postgres/files/line-writer.ts'
import type { FileDeclaration } from '../../../pipelines/declaration/task-declaration.ts'
import { createFileLines } from '../../../pipelines/files/file-lines.ts'
import type { LineOptions, RefusedLine, RowLine } from '../../../pipelines/files/lines.ts'
import { readRecords } from './read-records.ts'

/** A file that was read as a whole. */
export type ParsedFile = {
  readonly sha256: Buffer
  readonly rows: readonly RowLine[]
  readonly letters: readonly LineLetter[]
}

/** A small compressed file may have a long text. */
const maxTextBytes = 1_048_576

/** Undefined if its text is too long to be held in memory. @throws FileFault */
export async function parseFile(
  content: Buffer,
  { step, to }: FileDeclaration,
  options: Pick<LineOptions, 'task' | 'encoder'>,
): Promise<ParsedFile | undefined> {
  const hasPosition = to.table.onConflict.kind !== 'keep'
  const lines = createFileLines({ ...options, step, hasPosition, decodesAll: true })
  const rows: RowLine[] = []
  const letters: LineLetter[] = []
  const take = (): void => {
    for (let line = lines.next(); line !== undefined; line = lines.next()) {
      if (line.kind === 'row') rows.push(line)
      else letters.push(toLetter(line))
    }
  }
  const whole = {
    size: content.length,
    // eslint-disable-next-line @typescript-eslint/require-await -- the interface of readRecords
    bytes: async function* (): AsyncGenerator<Uint8Array> {
      yield content
    },
    read: (begin: number, end: number) => Promise.resolve(content.subarray(begin, end)),
  }
  let bytes = 0
  for await (const text of readRecords(whole, step)) {
    bytes += text.length
    if (bytes > maxTextBytes) return undefined
    lines.push(text)
    take()
  }
  lines.end()
  take()
  return { sha256: createHash('sha256').update(content).digest(), rows, letters }
}

function toLetter({ offset, code, detail, bytes, begin, end }: RefusedLine): LineLetter {
  return { line: offset, code, detail, text: bytes.subarray(begin, end) }
}
