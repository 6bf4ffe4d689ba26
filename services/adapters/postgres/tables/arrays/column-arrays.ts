import type { ColumnType, EncodedRow, TableSchema } from '../../../../ledger/table-schema.ts'
import { CopyRowEncoder } from '../copy-row-encoder.ts'
import { fieldCountBytes, lengthBytes } from '../field-writer.ts'

/** The types of elements, by their numbers in `pg_type`. */
const elementTypes: Record<ColumnType, number> = {
  ...{ text: 25, integer: 23, bigint: 20, double: 701, numeric: 1700 },
  ...{ boolean: 16, timestamp: 1184, date: 1082, uuid: 2950, json: 3802 },
}

/** Dimensions, whether there are nulls, element type, length and first index (array_recv of PostgreSQL). */
const headBytes = 5 * lengthBytes

/**
 * The values of rows as one array a column, in the binary format of parameters. The fields have the
 * same bytes as in `COPY`.
 */
export function toColumnArrays<Row>(
  { columns, encodedOf }: Pick<TableSchema<Row>, 'columns' | 'encodedOf'>,
  rows: readonly Row[],
): Buffer[] {
  const encode = encoderOf(columns)
  const encoded = rows.map((row) => encodedOf?.(row) ?? encode(row))
  const arrays = sizesOf(encoded, columns.length).map((size, index) => {
    const array = Buffer.allocUnsafe(headBytes + size)
    const head = [1, 1, elementTypes[columns[index]?.type ?? 'text'], rows.length, 1]
    for (const [place, part] of head.entries()) array.writeInt32BE(part, place * lengthBytes)
    return array
  })
  copyFields(encoded, arrays)
  return arrays
}

function encoderOf<Row>(columns: TableSchema<Row>['columns']): (row: Row) => EncodedRow {
  const encoder = new CopyRowEncoder(columns.length)
  return (row) => {
    const values = columns.map(({ valueOf }) => valueOf(row))
    const characters = values.map((value) => (typeof value === 'string' ? value.length : 0))
    encoder.beginRow(maxUtf8Bytes * characters.reduce((sum, length) => sum + length, 0))
    for (const [index, { type }] of columns.entries())
      encoder.writeValue(type, values[index] ?? null)
    return encoder.endRow()
  }
}

const maxUtf8Bytes = 3

/** The bytes of all fields of each column. */
function sizesOf(rows: readonly EncodedRow[], columns: number): number[] {
  const sizes = Array.from({ length: columns }, () => 0)
  for (const { bytes, begin } of rows) {
    let at = begin + fieldCountBytes
    for (let column = 0; column < columns; column += 1) {
      const size = fieldBytes(bytes, at)
      sizes[column] = (sizes[column] as number) + size
      at += size
    }
  }
  return sizes
}

function copyFields(rows: readonly EncodedRow[], arrays: readonly Buffer[]): void {
  const ends = arrays.map(() => headBytes)
  for (const { bytes, begin } of rows) {
    let from = begin + fieldCountBytes
    for (let column = 0; column < arrays.length; column += 1) {
      const array = arrays[column] as Buffer
      let to = ends[column] as number
      const end = from + fieldBytes(bytes, from)
      // Most fields are short: a loop is faster than a call of `copy`.
      for (; from < end; from += 1, to += 1) array[to] = bytes[from] as number
      ends[column] = to
    }
  }
}

/** The bytes of a field with its length, which is -1 for null. */
function fieldBytes(bytes: Uint8Array, at: number): number {
  const length =
    ((bytes[at] as number) << 24) |
    ((bytes[at + 1] as number) << 16) |
    ((bytes[at + 2] as number) << 8) |
    (bytes[at + 3] as number)
  return lengthBytes + Math.max(0, length)
}
