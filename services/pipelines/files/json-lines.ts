import type { SourceRecord } from '../../ledger/batch.ts'
import type { RecordPosition } from '../../ledger/receipt.ts'
import { positionColumns } from '../../ledger/table-schema.ts'
import type { DecodedFields, DeclaredRow } from '../decode/decode-record.ts'
import { decodeRecord } from '../decode/decode-record.ts'
import { RecordEncoder } from '../decode/encode-record.ts'
import { DelimitedScanner } from './delimited/delimited-scanner.ts'
import type { FileLine, FileLines, LineOptions } from './lines.ts'
import { maxLineBytes } from './lines.ts'
import { describeTooLong } from './line-faults.ts'

/** A character that JSON does not have, so that each line is one field. */
const noDelimiter = '\x1f'

/** The lines of a file with one JSON object per line. They are decoded like the records of a topic. */
export class JsonLines implements FileLines {
  readonly #scanner = new DelimitedScanner(
    { delimiter: noDelimiter, quote: undefined },
    maxLineBytes,
  )
  readonly #declaration: DecodedFields
  readonly #encoder: RecordEncoder | undefined
  readonly #at: { readonly logId: number; readonly partition: number }

  constructor({ step, task, hasPosition, encoder }: LineOptions) {
    this.#declaration = step
    this.#at = { logId: task, partition: 0 }
    const position = hasPosition ? positionColumns<RecordPosition>((at) => at) : []
    this.#encoder = RecordEncoder.create(step, position, encoder)
  }

  push(chunk: Uint8Array): void {
    this.#scanner.push(chunk)
  }

  end(): void {
    this.#scanner.end()
  }

  next(): FileLine | undefined {
    for (;;) {
      const line = this.#scanner.next()
      if (line === undefined) return undefined
      const { bytes, begin, end, line: offset, fault } = line
      if (fault !== undefined) {
        return { kind: 'refused', offset, bytes, begin, end, ...describeTooLong(maxLineBytes) }
      }
      if (begin < end) return this.#decode({ bytes, begin, end, offset })
    }
  }

  #decode(place: {
    readonly bytes: Uint8Array
    readonly begin: number
    readonly end: number
    readonly offset: number
  }): FileLine {
    const { bytes, begin, end, offset } = place
    const record: SourceRecord = {
      ...{ offset, key: null, value: bytes.subarray(begin, end), headers: [], appendedAt: -1_000 },
      header: () => undefined,
    }
    const encoded = this.#encoder?.encode(record, this.#at)
    const decode = () => decodeRecord(this.#declaration, record, this.#at)
    if (encoded !== undefined) {
      const row = {
        ...this.#at,
        offset,
        encoded,
        get values() {
          return valuesOf(decode())
        },
      }
      return { kind: 'row', ...place, row }
    }
    const entry = decode()
    if (entry.kind === 'row') return { kind: 'row', ...place, row: entry.row }
    const { code, detail } = entry
    return { kind: 'refused', ...place, code, detail: detail.replace('The value', 'The line') }
  }
}

function valuesOf(entry: ReturnType<typeof decodeRecord>): DeclaredRow['values'] {
  if (entry.kind === 'row') return entry.row.values
  throw new Error(`A line was encoded that is refused: ${entry.detail}`)
}
