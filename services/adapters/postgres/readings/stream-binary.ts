import type pg from 'pg'
import { to as copyTo } from 'pg-copy-streams'
import type { BinaryRow, QueryValue } from './select-binary.ts'
import { clearQueryTimeout, copyHeaderBytes, withLiterals } from './select-binary.ts'

const endOfRows = -1
const nullLength = -1

/**
 * Like `selectBinary`, but returns each row when it has arrived, so that memory holds one row and not
 * the result. The query ends when the iteration ends.
 */
export async function* streamBinary(
  client: pg.ClientBase,
  select: string,
  values: readonly QueryValue[],
): AsyncGenerator<BinaryRow> {
  const statement = `COPY (${withLiterals(client, select, values)}) TO STDOUT (FORMAT binary)`
  const stream = client.query(copyTo(statement))
  const reader = new RowReader()
  try {
    for await (const chunk of stream) yield* reader.rowsOf(chunk as Buffer)
  } finally {
    clearQueryTimeout(stream)
  }
}

/** Finds the rows in the chunks of a binary COPY. */
class RowReader {
  #chunks: Buffer[] = []
  #waitingBytes = 0
  /** So many bytes are needed before anything else can be read. */
  #neededBytes = copyHeaderBytes
  #isHeaderRead = false

  /** The rows that this chunk completes. */
  rowsOf(chunk: Buffer): BinaryRow[] {
    this.#chunks.push(chunk)
    this.#waitingBytes += chunk.length
    if (this.#waitingBytes < this.#neededBytes) return []
    const rows: BinaryRow[] = []
    const bytes = this.#chunks.length === 1 ? chunk : Buffer.concat(this.#chunks)
    let begin = this.#isHeaderRead ? 0 : copyHeaderBytes
    this.#isHeaderRead = true
    for (;;) {
      const found = readRow(bytes, begin)
      if ('missing' in found) {
        this.#neededBytes = found.missing - begin
        break
      }
      begin = found.end
      rows.push(found.row)
    }
    const rest = bytes.subarray(begin)
    this.#chunks = rest.length === 0 ? [] : [rest]
    this.#waitingBytes = rest.length
    return rows
  }
}

type RowFound =
  | { readonly row: BinaryRow; readonly end: number }
  /** The position up to which bytes are needed. */
  | { readonly missing: number }

function readRow(bytes: Buffer, begin: number): RowFound {
  let position = begin + 2
  if (position > bytes.length) return { missing: position }
  const count = bytes.readInt16BE(begin)
  if (count === endOfRows) return { missing: Infinity }
  const row: (Buffer | null)[] = []
  for (let index = 0; index < count; index += 1) {
    if (position + 4 > bytes.length) return { missing: position + 4 }
    const length = bytes.readInt32BE(position)
    const end = position + 4 + Math.max(0, length)
    if (end > bytes.length) return { missing: end }
    row.push(length === nullLength ? null : bytes.subarray(position + 4, end))
    position = end
  }
  return { row, end: position }
}
