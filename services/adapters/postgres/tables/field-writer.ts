import type { Decimal } from '../../../ledger/copy/row-encoder.ts'
import { powersOfTen } from '../../../ledger/copy/row-encoder.ts'
import type { ColumnType, ColumnValue } from '../../../ledger/table-schema.ts'
import { toNumericDigits } from './numeric-digits.ts'

/**
 * Writes fields in the binary format of `COPY` (PostgreSQL documentation, COPY, "Binary Format").
 * Converting numbers and times to text and back would be half of the cost of a row.
 */

/** The size of a chunk, except for a longer row. */
const chunkBytes = 65_536
/** The length of a field precedes its bytes. */
export const lengthBytes = 4
const int16Bytes = 2
/** The number of fields precedes the fields of a row. */
export const fieldCountBytes = int16Bytes
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
export const postgresEpochDays = 10_957
/** The Postgres epoch, 2000-01-01, in microseconds since the Unix epoch. */
export const postgresEpochMicros = 946_684_800_000_000
const twoPow32 = 2 ** 32

/** The most bytes of a field without the characters of its text. */
export const maxFixedFieldBytes = 16

/** Writes rows one after another into chunks of 64 KiB. A longer row gets a larger chunk. */
export class FieldWriter {
  #buffer: Buffer = Buffer.allocUnsafe(chunkBytes)
  #view = viewOf(this.#buffer)
  #position = 0
  /** The bytes of the chunk before it were taken. */
  #taken = 0

  /** The current chunk, and where the next byte of it is written. */
  get chunk(): Buffer {
    return this.#buffer
  }

  get position(): number {
    return this.#position
  }

  /**
   * Makes room for so many bytes.
   *
   * @returns what was not taken yet, if the current chunk had too little room for more
   */
  reserve(bytes: number): Buffer | undefined {
    if (this.#buffer.length - this.#position >= bytes) return undefined
    const rest = this.take()
    this.#buffer = Buffer.allocUnsafe(Math.max(chunkBytes, bytes))
    this.#view = viewOf(this.#buffer)
    this.#position = 0
    this.#taken = 0
    return rest
  }

  /** What was written since the last call; undefined if nothing was. */
  take(): Buffer | undefined {
    if (this.#position === this.#taken) return undefined
    const rest = this.#buffer.subarray(this.#taken, this.#position)
    this.#taken = this.#position
    return rest
  }

  /** Removes what was written after a position of the current chunk. */
  moveBackTo(position: number): void {
    this.#position = position
  }

  writeBytes(bytes: Uint8Array, begin: number, end: number): void {
    const target = this.#buffer
    let at = this.#position
    for (let index = begin; index < end; index += 1, at += 1) target[at] = bytes[index] as number
    this.#position = at
  }

  writeFieldCount(count: number): void {
    this.#writeInt16(count)
  }

  /** Writes a field with a text in UTF-8 from `begin` to `end` (exclusive). */
  writeUtf8(bytes: Uint8Array, begin: number, end: number): void {
    this.#writeLength(end - begin)
    this.writeBytes(bytes, begin, end)
  }

  /** Writes a field. A null only has a length. */
  writeValue(columnType: ColumnType, value: ColumnValue): void {
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

  /** Writes a `numeric` field that has `scale` digits after the point in the database. */
  writeDecimal({ isNegative, digits, fractionDigits }: Decimal, scale: number): void {
    const unit = powersOfTen[fractionDigits] as number
    const integer = Math.floor(digits / unit)
    const fractionGroups = Math.ceil(fractionDigits / digitsPerGroup)
    const padding = powersOfTen[fractionGroups * digitsPerGroup - fractionDigits] as number
    let begin = writeGroups((digits - integer * unit) * padding, maxGroups, fractionGroups)
    begin = writeGroups(integer, begin, 0)
    let end = maxGroups
    while (end > begin && groups[end - 1] === 0) end -= 1
    while (begin < end && groups[begin] === 0) begin += 1
    const isZero = begin === end
    this.#writeLength(numericHeadBytes + (end - begin) * int16Bytes)
    this.#writeInt16(end - begin)
    this.#writeInt16(isZero ? 0 : maxGroups - fractionGroups - 1 - begin)
    this.#writeInt16(isNegative && !isZero ? numericNegative : 0)
    this.#writeInt16(scale)
    for (let index = begin; index < end; index += 1) this.#writeInt16(groups[index] as number)
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

const digitsPerGroup = 4
const groupBase = 10_000
/** Four groups before the point and three after it. */
const maxGroups = 7
/** The groups of the current number. The array is used again, because there may be many numbers. */
const groups = new Int16Array(maxGroups)

/**
 * Writes the groups of a whole number, at least `count`, so that they end at `end` (exclusive).
 *
 * @returns where they begin
 */
function writeGroups(value: number, end: number, count: number): number {
  let rest = value
  let begin = end
  while (rest > 0 || end - begin < count) {
    const higher = Math.floor(rest / groupBase)
    begin -= 1
    groups[begin] = rest - higher * groupBase
    rest = higher
  }
  return begin
}
