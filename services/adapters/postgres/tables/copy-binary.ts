import type { Column, ColumnType, ColumnValue } from '../../../ledger/table-schema.ts'
import { toNumericDigits } from './numeric-digits.ts'

/**
 * Encodes rows in the binary format of `COPY` (PostgreSQL documentation, COPY, "Binary Format").
 * Converting numbers and times to text and back would be half of the cost of a row.
 */

/** A row with the offset of its record. */
export type OffsetRow<Row> = { readonly offset: number; readonly row: Row }

/** The columns of a `COPY`. */
export type CopyFormat<Row> = {
  readonly columns: readonly Column<Row>[]
  /** Whether the first column is the offset of the record. */
  readonly withOffset: boolean
}

const header = Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1')
const trailer = Buffer.from([0xff, 0xff])

/** The size of a chunk, except for a longer row. */
const chunkBytes = 65_536
/**
 * The maximum size of a field without the characters of a text: its length, and a number, a version,
 * or the head of a numeric value.
 */
const maxFixedFieldBytes = 12
const maxBytesPerCharacter = 4
const lengthBytes = 4
const fieldCountBytes = 2
const int16Bytes = 2
const int32Bytes = 4
const int64Bytes = 8
/** Number of digit groups, weight, sign and scale. */
const numericHeadBytes = 4 * int16Bytes
const nullLength = -1
/** Precedes the text of a `jsonb` value (jsonb_recv in the source of PostgreSQL). */
const jsonbVersion = 1
const uuidBytes = 16
/** The sign of a negative `numeric` value (numeric_recv in the source of PostgreSQL). */
const numericNegative = 0x4000
/** The Postgres epoch, 2000-01-01, in days since the Unix epoch. */
const postgresEpochDays = 10_957
/** The Postgres epoch, 2000-01-01, in microseconds since the Unix epoch. */
const postgresEpochMicros = 946_684_800_000_000
const twoPow32 = 2 ** 32

/** The bytes of a `COPY` of rows, in chunks. */
export function* toCopyChunks<Row>(
  rows: readonly OffsetRow<Row>[],
  { columns, withOffset }: CopyFormat<Row>,
): Generator<Buffer> {
  const writer = new RowWriter(columns, withOffset)
  for (const { offset, row } of rows) {
    const previousChunk = writer.write(offset, row)
    if (previousChunk !== undefined) yield previousChunk
  }
  yield* writer.finish()
}

/** Writes rows into chunks of `chunkBytes`. A longer row gets a larger chunk. */
class RowWriter<Row> {
  readonly #columns: readonly Column<Row>[]
  readonly #withOffset: boolean
  readonly #fieldCount: number
  /** The values of the current row. */
  readonly #values: ColumnValue[]
  #buffer = Buffer.allocUnsafe(chunkBytes)
  #view = viewOf(this.#buffer)
  #position = header.copy(this.#buffer)

  constructor(columns: readonly Column<Row>[], withOffset: boolean) {
    this.#columns = columns
    this.#withOffset = withOffset
    this.#fieldCount = columns.length + (withOffset ? 1 : 0)
    this.#values = columns.map(() => null)
  }

  /**
   * Writes a row.
   *
   * @returns the full previous chunk, if the row did not fit into it
   */
  write(offset: number, row: Row): Buffer | undefined {
    const previousChunk = this.#reserve(this.#readValues(row))
    this.#view.setInt16(this.#position, this.#fieldCount)
    this.#position += fieldCountBytes
    if (this.#withOffset) this.#writeInteger(offset)
    for (let index = 0; index < this.#columns.length; index += 1) {
      const { type } = this.#columns[index] as Column<Row>
      this.#writeValue(type, this.#values[index] as ColumnValue)
    }
    return previousChunk
  }

  /** The last one or two chunks, with the trailer. */
  finish(): Buffer[] {
    const previousChunk = this.#reserve(trailer.length)
    this.#position += trailer.copy(this.#buffer, this.#position)
    const last = this.#buffer.subarray(0, this.#position)
    return previousChunk === undefined ? [last] : [previousChunk, last]
  }

  /** Reads the values of a row. Returns the maximum number of bytes that they need. */
  #readValues(row: Row): number {
    let characters = 0
    for (let index = 0; index < this.#columns.length; index += 1) {
      const value = (this.#columns[index] as Column<Row>).valueOf(row)
      this.#values[index] = value
      if (typeof value === 'string') characters += value.length
    }
    return (
      fieldCountBytes + this.#fieldCount * maxFixedFieldBytes + characters * maxBytesPerCharacter
    )
  }

  /** Makes room for a row. Returns the previous chunk if the row does not fit into it. */
  #reserve(bytes: number): Buffer | undefined {
    if (this.#buffer.length - this.#position >= bytes) return undefined
    const previousChunk = this.#buffer.subarray(0, this.#position)
    this.#buffer = Buffer.allocUnsafe(Math.max(chunkBytes, bytes))
    this.#view = viewOf(this.#buffer)
    this.#position = 0
    return previousChunk
  }

  /** Writes a field. A null only has a length. */
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
        this.#writeInteger(value as number | bigint)
        break
      case 'double':
        this.#writeLength(int64Bytes)
        this.#view.setFloat64(this.#position, value as number)
        this.#position += int64Bytes
        break
      case 'timestamp':
        this.#writeTimestamp(value as number | bigint)
        break
      case 'json':
        this.#writeJson(value as string)
        break
      default:
        this.#writeRareValue(columnType, value)
    }
  }

  /** Writes a field of a type that the readings do not have. */
  #writeRareValue(
    columnType: Exclude<ColumnType, 'text' | 'bigint' | 'double' | 'timestamp' | 'json'>,
    value: Exclude<ColumnValue, null>,
  ): void {
    switch (columnType) {
      case 'integer':
        this.#writeInt32(value as number)
        break
      case 'date':
        this.#writeInt32((value as number) - postgresEpochDays)
        break
      case 'boolean':
        this.#writeLength(1)
        this.#view.setUint8(this.#position, value === true ? 1 : 0)
        this.#position += 1
        break
      case 'numeric':
        this.#writeNumeric(value as string)
        break
      case 'uuid':
        this.#writeLength(uuidBytes)
        this.#position += this.#buffer.write(
          (value as string).replaceAll('-', ''),
          this.#position,
          'hex',
        )
        break
      default:
        columnType satisfies never
    }
  }

  #writeLength(bytes: number): void {
    this.#view.setInt32(this.#position, bytes)
    this.#position += lengthBytes
  }

  #writeTimestamp(value: number | bigint): void {
    if (typeof value === 'bigint') this.#writeInteger(value - BigInt(postgresEpochMicros))
    else this.#writeInteger(value - postgresEpochMicros)
  }

  #writeInt32(value: number): void {
    this.#writeLength(int32Bytes)
    this.#view.setInt32(this.#position, value)
    this.#position += int32Bytes
  }

  #writeNumeric(text: string): void {
    const { groups, weight, isNegative, scale } = toNumericDigits(text)
    this.#writeLength(numericHeadBytes + groups.length * int16Bytes)
    this.#writeInt16(groups.length)
    this.#writeInt16(weight)
    this.#writeInt16(isNegative ? numericNegative : 0)
    this.#writeInt16(scale)
    for (const group of groups) this.#writeInt16(group)
  }

  #writeInt16(value: number): void {
    this.#view.setInt16(this.#position, value)
    this.#position += int16Bytes
  }

  #writeInteger(value: number | bigint): void {
    this.#writeLength(int64Bytes)
    if (typeof value === 'bigint') {
      this.#view.setBigInt64(this.#position, value)
      this.#position += int64Bytes
      return
    }
    const high = Math.floor(value / twoPow32)
    this.#view.setInt32(this.#position, high)
    this.#view.setUint32(this.#position + lengthBytes, value - high * twoPow32)
    this.#position += int64Bytes
  }

  #writeText(text: string): void {
    const lengthAt = this.#position
    this.#position += lengthBytes
    this.#writeCharacters(text)
    this.#view.setInt32(lengthAt, this.#position - lengthAt - lengthBytes)
  }

  #writeJson(text: string): void {
    const lengthAt = this.#position
    this.#position += lengthBytes
    this.#view.setUint8(this.#position, jsonbVersion)
    this.#position += 1
    this.#writeCharacters(text)
    this.#view.setInt32(lengthAt, this.#position - lengthAt - lengthBytes)
  }

  /** Writes short ASCII texts byte by byte, which is faster than `Buffer.write`. */
  #writeCharacters(text: string): void {
    const begin = this.#position
    for (let index = 0; index < text.length; index += 1) {
      const code = text.charCodeAt(index)
      if (code > 0x7f || index > 40) {
        this.#position = begin + this.#buffer.write(text, begin, 'utf8')
        return
      }
      this.#buffer[begin + index] = code
    }
    this.#position = begin + text.length
  }
}

function viewOf({ buffer, byteOffset, byteLength }: Buffer): DataView {
  return new DataView(buffer, byteOffset, byteLength)
}
