import type { Column, ColumnValue, EncodedRow } from '../../../ledger/table-schema.ts'
import { FieldWriter, fieldCountBytes, maxFixedFieldBytes } from './field-writer.ts'

/** A row with the offset of its record. */
export type OffsetRow<Row> = { readonly offset: number; readonly row: Row }

/** The columns of a `COPY`. */
export type CopyFormat<Row> = {
  readonly columns: readonly Column<Row>[]
  /** Whether the first column is the offset of the record. */
  readonly withOffset: boolean
  /** A row as `CopyRowEncoder` has written it; undefined if it is encoded now. */
  readonly encodedOf?: ((row: Row) => EncodedRow | undefined) | undefined
}

/** The first bytes of a `COPY` in the binary format. */
export const copyHeader = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
/** Its last bytes. */
export const copyTrailer = Buffer.from([0xff, 0xff])
const maxBytesPerCharacter = 4

/** The bytes of a `COPY` of rows, in chunks. */
export function* toCopyChunks<Row>(
  rows: readonly OffsetRow<Row>[],
  format: CopyFormat<Row>,
): Generator<Uint8Array> {
  const writer = new RowWriter(format)
  const span = new RowSpan()
  for (const { offset, row } of rows) {
    const encoded = format.encodedOf?.(row)
    if (encoded !== undefined && !format.withOffset) {
      const before = span.add(encoded)
      if (before !== undefined) yield* toChunks(before, writer)
      continue
    }
    const before = span.take()
    if (before !== undefined) yield* toChunks(before, writer)
    const full = writer.write(offset, row, encoded)
    if (full !== undefined) yield full
  }
  const rest = span.take()
  if (rest !== undefined) yield* toChunks(rest, writer)
  yield* writer.finish()
}

/** A chunk costs more than copying so many bytes. */
const leastChunkBytes = 4_096

/** Encoded rows as a chunk after those that were written before. A few rows are copied to the writer. */
function* toChunks<Row>(rows: EncodedRow, writer: RowWriter<Row>): Generator<Uint8Array> {
  if (rows.end - rows.begin < leastChunkBytes) {
    const full = writer.copy(rows)
    if (full !== undefined) yield full
    return
  }
  const before = writer.take()
  if (before !== undefined) yield before
  yield rows.bytes.subarray(rows.begin, rows.end)
}

/** Encoded rows that follow each other in the same bytes. */
class RowSpan {
  #rows: EncodedRow | undefined

  /** Adds a row. Returns the rows before it, if it does not follow them. */
  add(row: EncodedRow): EncodedRow | undefined {
    const rows = this.#rows
    if (rows?.bytes === row.bytes && rows.end === row.begin) {
      this.#rows = { bytes: rows.bytes, begin: rows.begin, end: row.end }
      return undefined
    }
    const before = this.take()
    this.#rows = row
    return before
  }

  /** The rows that were added since the last call; undefined if there are none. */
  take(): EncodedRow | undefined {
    const rows = this.#rows
    this.#rows = undefined
    return rows
  }
}

/** Writes rows into chunks. */
class RowWriter<Row> {
  readonly #columns: readonly Column<Row>[]
  readonly #withOffset: boolean
  readonly #fieldCount: number
  readonly #fields = new FieldWriter()
  /** The values of the current row. */
  readonly #values: ColumnValue[]

  constructor({ columns, withOffset }: CopyFormat<Row>) {
    this.#columns = columns
    this.#withOffset = withOffset
    this.#fieldCount = columns.length + (withOffset ? 1 : 0)
    this.#values = columns.map(() => null)
    this.#fields.writeBytes(copyHeader, 0, copyHeader.length)
  }

  /**
   * Writes a row.
   *
   * @returns the full previous chunk, if the row did not fit into it
   */
  write(offset: number, row: Row, encoded: EncodedRow | undefined): Uint8Array | undefined {
    const fields = this.#fields
    const size = encoded === undefined ? this.#readValues(row) : encoded.end - encoded.begin
    const previousChunk = fields.reserve(size + fieldCountBytes + maxFixedFieldBytes)
    fields.writeFieldCount(this.#fieldCount)
    if (this.#withOffset) fields.writeValue('bigint', offset)
    if (encoded !== undefined) {
      fields.writeBytes(encoded.bytes, encoded.begin + fieldCountBytes, encoded.end)
      return previousChunk
    }
    for (let index = 0; index < this.#columns.length; index += 1) {
      const { type } = this.#columns[index] as Column<Row>
      fields.writeValue(type, this.#values[index] as ColumnValue)
    }
    return previousChunk
  }

  /**
   * Copies encoded rows.
   *
   * @returns the full previous chunk, if the rows did not fit into it
   */
  copy({ bytes, begin, end }: EncodedRow): Uint8Array | undefined {
    const previousChunk = this.#fields.reserve(end - begin)
    this.#fields.writeBytes(bytes, begin, end)
    return previousChunk
  }

  /** What was written since the last call; undefined if nothing was. */
  take(): Uint8Array | undefined {
    return this.#fields.take()
  }

  /** The last chunks, with the trailer. */
  *finish(): Generator<Uint8Array> {
    const previousChunk = this.#fields.reserve(copyTrailer.length)
    if (previousChunk !== undefined) yield previousChunk
    this.#fields.writeBytes(copyTrailer, 0, copyTrailer.length)
    const last = this.#fields.take()
    if (last !== undefined) yield last
  }

  /** Reads the values of a row. Returns the maximum number of bytes that they need. */
  #readValues(row: Row): number {
    let characters = 0
    for (let index = 0; index < this.#columns.length; index += 1) {
      const value = (this.#columns[index] as Column<Row>).valueOf(row)
      this.#values[index] = value
      if (typeof value === 'string') characters += value.length
    }
    return this.#columns.length * maxFixedFieldBytes + characters * maxBytesPerCharacter
  }
}
