import type { DecodedEntry, RowEntry, SourceRecord } from '../../ledger/batch.ts'
import type { RowEncoder } from '../../ledger/copy/row-encoder.ts'
import type { ColumnValue, EncodedRow } from '../../ledger/table-schema.ts'
import type { Declaration } from '../declaration/declaration.ts'
import { positionColumnsOf } from '../declared-table.ts'
import type { DeclaredRow } from './decode-record.ts'
import { decodeRecord } from './decode-record.ts'
import { RecordEncoder } from './encode-record.ts'

/** Where a record comes from. Its offset is in the record. */
type Origin = { readonly logId: number; readonly partition: number }

type Decode = (record: SourceRecord, at: Origin) => DecodedEntry<DeclaredRow>

/**
 * Returns the decoder of a declared pipeline. It encodes the usual records at once.
 *
 * @param encoder encodes rows of the table of the pipeline
 */
export function createDecoder(declaration: Declaration, encoder: RowEncoder): Decode {
  const recordEncoder = RecordEncoder.create(declaration, positionColumnsOf(declaration), encoder)
  if (recordEncoder === undefined) return (record, at) => decodeRecord(declaration, record, at)
  return (record, at) => {
    const encoded = recordEncoder.encode(record, at)
    if (encoded === undefined) return decodeRecord(declaration, record, at)
    return new EncodedEntry(record, { declaration, at, encoded })
  }
}

type Parts = {
  readonly declaration: Declaration
  readonly at: Origin
  readonly encoded: EncodedRow
}

/**
 * An entry, its row and the bytes of the row in one object, because a worker keeps many of them until
 * they are stored. The values are decoded only if they are needed.
 */
class EncodedEntry implements RowEntry<DeclaredRow>, DeclaredRow, EncodedRow {
  readonly kind = 'row'
  readonly offset: number
  readonly original: SourceRecord
  readonly bytes: Uint8Array
  readonly begin: number
  readonly end: number
  readonly #declaration: Declaration
  readonly #at: Origin
  #values: readonly ColumnValue[] | undefined

  constructor(record: SourceRecord, { declaration, at, encoded }: Parts) {
    this.offset = record.offset
    this.original = record
    this.bytes = encoded.bytes
    this.begin = encoded.begin
    this.end = encoded.end
    this.#declaration = declaration
    this.#at = at
  }

  get row(): this {
    return this
  }

  get encoded(): this {
    return this
  }

  get logId(): number {
    return this.#at.logId
  }

  get partition(): number {
    return this.#at.partition
  }

  get values(): readonly ColumnValue[] {
    this.#values ??= this.#decodeValues()
    return this.#values
  }

  #decodeValues(): readonly ColumnValue[] {
    const entry = decodeRecord(this.#declaration, this.original, this.#at)
    if (entry.kind === 'row') return entry.row.values
    throw new Error(`A record was encoded that is refused: ${entry.detail}`)
  }
}
