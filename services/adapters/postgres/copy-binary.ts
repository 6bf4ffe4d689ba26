import type { Column, ColumnType, ColumnValue } from '../../ledger/table-schema.ts'

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
/** What a field takes at most besides the characters of a text: its length, and a number or a version. */
const fixedBytes = 12
const bytesPerCharacter = 4
const lengthBytes = 4
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
  const writer = new RowWriter()
  const fields = columns.length + (withOffset ? 1 : 0)
  writer.bytes(head)
  for (const { offset, row } of rows) {
    writer.fields(fields)
    if (withOffset) writer.value('bigint', offset)
    for (let index = 0; index < columns.length; index += 1) {
      const column = columns[index]
      if (column !== undefined) writer.value(column.type, column.valueOf(row))
    }
    if (writer.hasFull) yield* writer.takeFull()
  }
  writer.bytes(trailer)
  yield* writer.takeAll()
}

/** Fields one after another, each with its length before it, in pieces of `chunkBytes` or a bit more. */
class RowWriter {
  #buffer = Buffer.allocUnsafe(chunkBytes)
  #at = 0
  #full: Buffer[] = []

  /** Whether there are pieces to be sent. */
  get hasFull(): boolean {
    return this.#full.length > 0
  }

  /** The pieces that are full. */
  takeFull(): Buffer[] {
    return this.#full.splice(0)
  }

  /** All that has been written and not taken. */
  takeAll(): Buffer[] {
    return [...this.takeFull(), this.#buffer.subarray(0, this.#at)]
  }

  bytes(bytes: Buffer): void {
    this.#reserve(bytes.length)
    this.#at += bytes.copy(this.#buffer, this.#at)
  }

  /** Makes room for so many bytes. */
  #reserve(bytes: number): void {
    if (this.#buffer.length - this.#at >= bytes) return
    this.#full.push(this.#buffer.subarray(0, this.#at))
    this.#buffer = Buffer.allocUnsafe(Math.max(chunkBytes, bytes))
    this.#at = 0
  }

  /** A row begins with the number of its fields. */
  fields(count: number): void {
    this.#reserve(fixedBytes)
    this.#at = this.#buffer.writeInt16BE(count, this.#at)
  }

  /** A field of a type; a null has no bytes. */
  value(columnType: ColumnType, value: ColumnValue): void {
    this.#reserve(fixedBytes + (typeof value === 'string' ? value.length * bytesPerCharacter : 0))
    if (value === null) {
      this.#length(nullLength)
      return
    }
    switch (columnType) {
      case 'text':
        this.text(value as string)
        break
      case 'bigint':
        this.integer(value as number)
        break
      case 'double':
        this.double(value as number)
        break
      case 'timestamp':
        this.time(value as number)
        break
      case 'json':
        this.json(value as string)
        break
      default:
        columnType satisfies never
    }
  }

  integer(value: number): void {
    this.#length(wideBytes)
    const high = Math.floor(value / twoTo32)
    this.#at = this.#buffer.writeInt32BE(high, this.#at)
    this.#at = this.#buffer.writeUInt32BE(value - high * twoTo32, this.#at)
  }

  time(microseconds: number): void {
    this.integer(microseconds - postgresEpoch)
  }

  double(value: number): void {
    this.#length(wideBytes)
    this.#at = this.#buffer.writeDoubleBE(value, this.#at)
  }

  text(value: string): void {
    this.#sized(() => this.#characters(value))
  }

  json(text: string): void {
    this.#sized(() => {
      this.#at = this.#buffer.writeUInt8(jsonbVersion, this.#at)
      this.#characters(text)
    })
  }

  #length(bytes: number): void {
    this.#at = this.#buffer.writeInt32BE(bytes, this.#at)
  }

  /** Writes a field whose length is known only afterwards. */
  #sized(write: () => void): void {
    const before = this.#at
    this.#at += lengthBytes
    write()
    this.#buffer.writeInt32BE(this.#at - before - lengthBytes, before)
  }

  /** Short texts are nearly always ASCII: to write these here is cheaper than to call for it. */
  #characters(text: string): void {
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
