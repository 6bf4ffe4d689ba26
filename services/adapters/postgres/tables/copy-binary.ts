import type { Column, ColumnType, ColumnValue } from '../../../ledger/table-schema.ts'

/**
 * Rows in the binary format of `COPY` (PostgreSQL documentation, COPY, "Binary Format"): neither
 * side turns numbers and times into text and back, which is half of the work of a row.
 */

/** A row with the offset of its record. */
export type OffsetRow<Row> = { readonly offset: number; readonly row: Row }

/** What a `COPY` of rows consists of. */
export type CopyFormat<Row> = {
  readonly columns: readonly Column<Row>[]
  /** Whether each row begins with the offset of its record. */
  readonly withOffset: boolean
}

const head = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const trailer = Buffer.from([0xff, 0xff])

/** Bytes that are sent together. */
const chunkBytes = 65_536
/** The most that a field takes besides the characters of a text: its length, and a number or a version. */
const fixedFieldBytes = 12
const bytesPerCharacter = 4
const lengthBytes = 4
const fieldCountBytes = 2
const wideBytes = 8
const nullLength = -1
/** Before the text of a `jsonb` (jsonb_recv in PostgreSQL's source). */
const jsonbVersion = 1
/** Microseconds from the Unix epoch to that of Postgres, 2000-01-01. */
const postgresEpoch = 946_684_800_000_000
const twoTo32 = 2 ** 32

/** The bytes of a `COPY` of rows, in pieces. */
export function* toCopyChunks<Row>(
  rows: readonly OffsetRow<Row>[],
  { columns, withOffset }: CopyFormat<Row>,
): Generator<Buffer> {
  const writer = new RowWriter(columns, withOffset)
  for (const { offset, row } of rows) {
    const full = writer.write(offset, row)
    if (full !== undefined) yield full
  }
  yield* writer.end()
}

/** Writes rows one after another into a piece of `chunkBytes`, or of one row where that is longer. */
class RowWriter<Row> {
  readonly #columns: readonly Column<Row>[]
  readonly #withOffset: boolean
  readonly #fields: number
  /** The values of the row that is being written. */
  readonly #values: ColumnValue[]
  #buffer = Buffer.allocUnsafe(chunkBytes)
  #view = viewOf(this.#buffer)
  #at = head.copy(this.#buffer)

  constructor(columns: readonly Column<Row>[], withOffset: boolean) {
    this.#columns = columns
    this.#withOffset = withOffset
    this.#fields = columns.length + (withOffset ? 1 : 0)
    this.#values = columns.map(() => null)
  }

  /**
   * Writes a row.
   *
   * @returns the piece before, if the row did not fit into it
   */
  write(offset: number, row: Row): Buffer | undefined {
    const full = this.#reserve(this.#readValues(row))
    this.#view.setInt16(this.#at, this.#fields)
    this.#at += fieldCountBytes
    if (this.#withOffset) this.#writeInteger(offset)
    for (let index = 0; index < this.#columns.length; index += 1) {
      const { type } = this.#columns[index] as Column<Row>
      this.#writeValue(type, this.#values[index] as ColumnValue)
    }
    return full
  }

  /** The last piece or pieces, with the end of the data. */
  end(): Buffer[] {
    const full = this.#reserve(trailer.length)
    this.#at += trailer.copy(this.#buffer, this.#at)
    const last = this.#buffer.subarray(0, this.#at)
    return full === undefined ? [last] : [full, last]
  }

  /** Reads the values of a row; answers how many bytes they take at most. */
  #readValues(row: Row): number {
    let characters = 0
    for (let index = 0; index < this.#columns.length; index += 1) {
      const value = (this.#columns[index] as Column<Row>).valueOf(row)
      this.#values[index] = value
      if (typeof value === 'string') characters += value.length
    }
    return fieldCountBytes + this.#fields * fixedFieldBytes + characters * bytesPerCharacter
  }

  /** Makes room for a row; answers the piece before, if there was no room in it. */
  #reserve(bytes: number): Buffer | undefined {
    if (this.#buffer.length - this.#at >= bytes) return undefined
    const full = this.#buffer.subarray(0, this.#at)
    this.#buffer = Buffer.allocUnsafe(Math.max(chunkBytes, bytes))
    this.#view = viewOf(this.#buffer)
    this.#at = 0
    return full
  }

  /** Writes a field; a null has no bytes. */
  #writeValue(columnType: ColumnType, value: ColumnValue): void {
    if (value === null) {
      this.#writeLength(nullLength)
      return
    }
    switch (columnType) {
      case 'text':
        this.#writeText(value as string)
        break
      case 'bigint':
        this.#writeInteger(value as number)
        break
      case 'double':
        this.#writeLength(wideBytes)
        this.#view.setFloat64(this.#at, value as number)
        this.#at += wideBytes
        break
      case 'timestamp':
        this.#writeInteger((value as number) - postgresEpoch)
        break
      case 'json':
        this.#writeJson(value as string)
        break
      default:
        columnType satisfies never
    }
  }

  #writeLength(bytes: number): void {
    this.#view.setInt32(this.#at, bytes)
    this.#at += lengthBytes
  }

  #writeInteger(value: number): void {
    this.#writeLength(wideBytes)
    const high = Math.floor(value / twoTo32)
    this.#view.setInt32(this.#at, high)
    this.#view.setUint32(this.#at + lengthBytes, value - high * twoTo32)
    this.#at += wideBytes
  }

  #writeText(text: string): void {
    const lengthAt = this.#at
    this.#at += lengthBytes
    this.#writeCharacters(text)
    this.#view.setInt32(lengthAt, this.#at - lengthAt - lengthBytes)
  }

  #writeJson(text: string): void {
    const lengthAt = this.#at
    this.#at += lengthBytes
    this.#view.setUint8(this.#at, jsonbVersion)
    this.#at += 1
    this.#writeCharacters(text)
    this.#view.setInt32(lengthAt, this.#at - lengthAt - lengthBytes)
  }

  /** Writes short ASCII texts byte by byte: for them that is faster than `Buffer.write`. */
  #writeCharacters(text: string): void {
    const begin = this.#at
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index)
      if (code > 0x7f || index > 40) {
        this.#at = begin + this.#buffer.write(text, begin, 'utf8')
        return
      }
      this.#buffer[begin + index] = code
    }
    this.#at = begin + text.length
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
