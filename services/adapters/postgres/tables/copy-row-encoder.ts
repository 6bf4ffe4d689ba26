import type { Decimal, RowEncoder } from '../../../ledger/copy/row-encoder.ts'
import type { ColumnType, ColumnValue, EncodedRow } from '../../../ledger/table-schema.ts'
import { FieldWriter, fieldCountBytes, maxFixedFieldBytes } from './field-writer.ts'

/** Encodes rows for `COPY` one after another, so that most of them can be sent without being copied. */
export class CopyRowEncoder implements RowEncoder {
  readonly #fields = new FieldWriter()
  readonly #fieldCount: number
  /** Where the row begins that was not ended; the end of the last one if there is none. */
  #begin = 0

  /** @param fieldCount number of columns of the table */
  constructor(fieldCount: number) {
    this.#fieldCount = fieldCount
  }

  beginRow(textBytes: number): void {
    const size = fieldCountBytes + this.#fieldCount * maxFixedFieldBytes + textBytes
    this.#fields.moveBackTo(this.#begin)
    this.#fields.reserve(size)
    this.#begin = this.#fields.position
    this.#fields.writeFieldCount(this.#fieldCount)
  }

  writeUtf8(bytes: Uint8Array, begin: number, end: number): void {
    this.#fields.writeUtf8(bytes, begin, end)
  }

  writeValue(type: ColumnType, value: ColumnValue): void {
    this.#fields.writeValue(type, value)
  }

  writeDecimal(value: Decimal, scale: number): void {
    this.#fields.writeDecimal(value, scale)
  }

  endRow(): EncodedRow {
    const { chunk: bytes, position: end } = this.#fields
    const row = { bytes, begin: this.#begin, end }
    this.#begin = end
    return row
  }
}
