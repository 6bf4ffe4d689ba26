import type { ColumnType, ColumnValue, EncodedRow } from '../table-schema.ts'

/**
 * Encodes rows for the database while they are decoded, so that no values need to be kept. The fields of
 * a row are written in the order of the columns, between `beginRow` and `endRow`.
 */
export interface RowEncoder {
  /** Begins a row, and drops one that was not ended. `textBytes` is the most that its texts can have. */
  beginRow(textBytes: number): void
  /** Writes a text in UTF-8 from `begin` to `end` (exclusive). */
  writeUtf8(bytes: Uint8Array, begin: number, end: number): void
  writeValue(type: ColumnType, value: ColumnValue): void
  /**
   * Writes a `numeric` value.
   *
   * @param scale how many digits after the point it has in the database
   */
  writeDecimal(value: Decimal, scale: number): void
  endRow(): EncodedRow
}

/** The number `± digits / 10 ** fractionDigits`. */
export type Decimal = {
  readonly isNegative: boolean
  /** A whole number of at most 15 decimal digits. */
  readonly digits: number
  /** At most 12. */
  readonly fractionDigits: number
}

/** The numbers `10 ** exponent`, by exponent. A double holds them exactly. */
export const powersOfTen: readonly number[] = Array.from({ length: 19 }, (_, exponent) =>
  Number(`1e${exponent}`),
)
