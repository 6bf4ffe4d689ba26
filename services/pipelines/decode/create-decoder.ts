import type { DecodedEntry, SourceRecord } from '../../ledger/batch.ts'
import type { RecordPosition } from '../../ledger/receipt.ts'
import type { RowEncoder } from '../../ledger/row-encoder.ts'
import type { ColumnValue, EncodedRow } from '../../ledger/table-schema.ts'
import type { Declaration } from '../declaration/declaration.ts'
import { positionColumnsOf } from '../declared-table.ts'
import type { DeclaredRow } from './decode-record.ts'
import { decodeRecord } from './decode-record.ts'
import { RecordEncoder } from './encode-record.ts'

type Decode = (
  record: SourceRecord,
  at: { readonly logId: number; readonly partition: number },
) => DecodedEntry<DeclaredRow>

/**
 * Returns the decoder of a declared pipeline. It encodes the usual records at once.
 *
 * @param encoder encodes rows of the table of the pipeline
 */
export function createDecoder(declaration: Declaration, encoder: RowEncoder): Decode {
  const recordEncoder = RecordEncoder.create(declaration, positionColumnsOf(declaration), encoder)
  if (recordEncoder === undefined) return (record, at) => decodeRecord(declaration, record, at)
  return (record, at) => {
    const { logId, partition } = at
    const { offset } = record
    const encoded = recordEncoder.encode(record, { logId, partition, offset })
    if (encoded === undefined) return decodeRecord(declaration, record, at)
    const row = new EncodedDeclaredRow(declaration, { record, logId, partition, encoded })
    return { kind: 'row', offset, row, original: record }
  }
}

type Parts = {
  readonly record: SourceRecord
  readonly logId: number
  readonly partition: number
  readonly encoded: EncodedRow
}

/** A row whose values are decoded only if they are needed. */
class EncodedDeclaredRow implements DeclaredRow {
  readonly #declaration: Declaration
  readonly #record: SourceRecord
  readonly logId: number
  readonly partition: number
  readonly encoded: EncodedRow
  #values: readonly ColumnValue[] | undefined

  constructor(declaration: Declaration, { record, logId, partition, encoded }: Parts) {
    this.#declaration = declaration
    this.#record = record
    this.logId = logId
    this.partition = partition
    this.encoded = encoded
  }

  get offset(): RecordPosition['offset'] {
    return this.#record.offset
  }

  get values(): readonly ColumnValue[] {
    this.#values ??= this.#decodeValues()
    return this.#values
  }

  #decodeValues(): readonly ColumnValue[] {
    const entry = decodeRecord(this.#declaration, this.#record, this)
    if (entry.kind === 'row') return entry.row.values
    throw new Error(`A record was encoded that is refused: ${entry.detail}`)
  }
}
