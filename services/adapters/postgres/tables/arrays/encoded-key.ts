import { keyTextOf } from '../../../../ledger/latest-rows.ts'
import type { ColumnType, EncodedRow, TableSchema } from '../../../../ledger/table-schema.ts'
import {
  fieldCountBytes,
  lengthBytes,
  postgresEpochDays,
  postgresEpochMicros,
} from '../field-writer.ts'

/** Reads a field as a text. Equal values have equal texts, and the same as in `keyTextOf`. */
type ReadField = (bytes: Buffer, begin: number, end: number) => string

const readers: Partial<Record<ColumnType, ReadField>> = {
  text: (bytes, begin, end) => bytes.toString('utf8', begin, end),
  integer: (bytes, begin) => String(bytes.readInt32BE(begin)),
  bigint: (bytes, begin) => String(bytes.readBigInt64BE(begin)),
  timestamp: (bytes, begin) => String(bytes.readBigInt64BE(begin) + BigInt(postgresEpochMicros)),
  date: (bytes, begin) => String(bytes.readInt32BE(begin) + postgresEpochDays),
  boolean: (bytes, begin) => String(bytes[begin] === 1),
}

/**
 * A function that returns the key of a row as a text. It reads an encoded row without decoding its
 * record again, unless a key column has a type that is not in `readers`.
 */
export function encodedKeyOf<Row>(schema: TableSchema<Row>): (row: Row) => string {
  const { key, columns, encodedOf } = schema
  const ofValues = keyTextOf(schema)
  const indexes = key.map((name) => columns.findIndex((column) => column.name === name))
  const fields = indexes.flatMap((index) => {
    const type = columns[index]?.type
    const read = type && readers[type]
    return read ? [{ index, read }] : []
  })
  if (encodedOf === undefined || fields.length < key.length) return ofValues
  const row = new FieldReader()
  return (each) => {
    const encoded = encodedOf(each)
    if (encoded === undefined) return ofValues(each)
    row.open(encoded)
    const [first, ...others] = fields
    if (first === undefined || others.length > 0)
      return fields.map(({ index, read }) => row.read(index, read)).join('\0')
    return row.read(first.index, first.read)
  }
}

/** Reads fields of encoded rows. */
class FieldReader {
  #chunk: Uint8Array | undefined
  #bytes: Buffer = Buffer.alloc(0)
  #begin = 0

  open({ bytes, begin }: EncodedRow): void {
    this.#begin = begin
    if (this.#chunk === bytes) return
    this.#chunk = bytes
    this.#bytes = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  }

  read(index: number, read: ReadField): string {
    let at = this.#begin + fieldCountBytes
    for (let skipped = 0; skipped < index; skipped += 1)
      at += lengthBytes + Math.max(0, this.#bytes.readInt32BE(at))
    const length = this.#bytes.readInt32BE(at)
    if (length < 0) return 'null'
    return read(this.#bytes, at + lengthBytes, at + lengthBytes + length)
  }
}
