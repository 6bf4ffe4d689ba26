import type { SourceRecord } from '../../ledger/batch.ts'
import { encodedBytesOf } from '../../ledger/copy/encoded-bytes.ts'
import type { RowEncoder } from '../../ledger/copy/row-encoder.ts'
import { powersOfTen } from '../../ledger/copy/row-encoder.ts'
import type { RecordPosition } from '../../ledger/receipt.ts'
import type { Column, ColumnValue, EncodedRow } from '../../ledger/table-schema.ts'
import type { DeclaredColumn } from '../declaration/declaration.ts'
import type { DecodedFields } from './decode-record.ts'
import { toColumnValue, ValueFault } from './column-value.ts'
import { readDate, readDecimal, readTimestamp, decimal } from '../../ledger/copy/read-scalars.ts'
import { fieldKinds, ObjectScanner } from '../../ledger/copy/scan-object.ts'

/** A column, and where its value is. */
type Target = {
  readonly column: DeclaredColumn
  /** The index of the field in the scanner. */
  readonly field: number
  /** The value of a record without the field; undefined if such a record becomes a dead letter. */
  readonly default: ColumnValue | undefined
}

/**
 * Encodes the usual records of a declared pipeline: flat JSON objects whose fields have the types of their
 * columns. It makes no values of them, so it is several times faster than `decodeRecord`. All other
 * records are left to `decodeRecord`, so that one place decides what a record means and what it is
 * refused for. A test compares both.
 */
export class RecordEncoder {
  readonly #encoder: RowEncoder
  readonly #scanner: ObjectScanner
  readonly #targets: readonly Target[]
  readonly #positionColumns: readonly Column<RecordPosition>[]
  /** The most bytes that the default values of texts have. */
  readonly #defaultBytes: number

  private constructor(
    { columns, unknownFields }: DecodedFields,
    positionColumns: readonly Column<RecordPosition>[],
    encoder: RowEncoder,
  ) {
    const names = [...new Set(columns.map(fieldOf))]
    this.#encoder = encoder
    this.#scanner = new ObjectScanner(names, unknownFields.kind === 'ignore')
    this.#targets = columns.map((column) => {
      const field = names.indexOf(fieldOf(column))
      return { column, field, default: defaultOf(column) }
    })
    this.#positionColumns = positionColumns
    this.#defaultBytes = this.#targets.reduce(
      (sum, target) => sum + encodedBytesOf(target.default),
      0,
    )
  }

  /**
   * @param positionColumns the columns of the table that follow those of the declaration
   * @returns undefined if a column has something else than the scalar in a field of the object, or if
   *   several columns have the same field: the space of a row is reserved once for each field
   */
  static create(
    declaration: DecodedFields,
    positionColumns: readonly Column<RecordPosition>[],
    encoder: RowEncoder,
  ): RecordEncoder | undefined {
    const { columns, unknownFields } = declaration
    const canEncode =
      unknownFields.kind !== 'column' &&
      new Set(columns.map(fieldOf)).size === columns.length &&
      columns.every(({ type, source }) => {
        return (
          type !== 'json' && type !== 'uuid' && source.kind === 'field' && source.path.length === 1
        )
      })
    return canEncode ? new RecordEncoder(declaration, positionColumns, encoder) : undefined
  }

  /** Returns undefined for a record that is left to `decodeRecord`. */
  encode(
    { value, offset }: Pick<SourceRecord, 'value' | 'offset'>,
    { logId, partition }: Omit<RecordPosition, 'offset'>,
  ): EncodedRow | undefined {
    if (value === null || !this.#scanner.scan(value)) return undefined
    const encoder = this.#encoder
    encoder.beginRow(value.length + this.#defaultBytes)
    for (const target of this.#targets) {
      if (!this.#encodeColumn(target, value)) return undefined
    }
    if (this.#positionColumns.length > 0) {
      const position = { logId, partition, offset }
      for (const { type, valueOf } of this.#positionColumns)
        encoder.writeValue(type, valueOf(position))
    }
    return encoder.endRow()
  }

  #encodeColumn(target: Target, bytes: Uint8Array): boolean {
    const { column, field } = target
    const kind = this.#scanner.kinds[field]
    switch (kind) {
      case fieldKinds.text:
        return this.#encodeText(column, field, bytes)
      case fieldKinds.number:
        return this.#encodeNumber(column, field, bytes)
      case fieldKinds.true:
      case fieldKinds.false:
        if (column.type !== 'boolean') return false
        this.#encoder.writeValue('boolean', kind === fieldKinds.true)
        return true
      default:
        if (target.default === undefined) return false
        this.#encoder.writeValue(column.type, target.default)
        return true
    }
  }

  #encodeText({ type, maxLength }: DeclaredColumn, field: number, bytes: Uint8Array): boolean {
    const begin = this.#scanner.begins[field] as number
    const end = this.#scanner.ends[field] as number
    switch (type) {
      case 'text':
        // A text has no more characters than bytes.
        if (maxLength !== undefined && end - begin > maxLength) return false
        this.#encoder.writeUtf8(bytes, begin, end)
        return true
      case 'timestamp':
        return this.#encodeIfRead('timestamp', readTimestamp(bytes, begin, end))
      case 'date':
        return this.#encodeIfRead('date', readDate(bytes, begin, end))
      default:
        return false
    }
  }

  #encodeIfRead(type: 'timestamp' | 'date', value: number | undefined): boolean {
    if (value === undefined) return false
    this.#encoder.writeValue(type, value)
    return true
  }

  #encodeNumber(column: DeclaredColumn, field: number, bytes: Uint8Array): boolean {
    const begin = this.#scanner.begins[field] as number
    const end = this.#scanner.ends[field] as number
    if (!readDecimal(bytes, begin, end)) return false
    const { isNegative, digits, fractionDigits } = decimal
    const number = isNegative ? -digits : digits
    switch (column.type) {
      case 'integer':
        if (fractionDigits > 0 || (number | 0) !== number) return false
        this.#encoder.writeValue('integer', number)
        return true
      case 'bigint':
        if (fractionDigits > 0) return false
        this.#encoder.writeValue('bigint', number)
        return true
      case 'double':
        // Both numbers are exact, so the quotient is the nearest double.
        this.#encoder.writeValue('double', number / (powersOfTen[fractionDigits] as number))
        return true
      case 'numeric':
        return this.#encodeNumeric(column)
      default:
        return false
    }
  }

  #encodeNumeric(column: DeclaredColumn): boolean {
    if (!fitsNumeric(column)) return false
    this.#encoder.writeDecimal(decimal, column.scale ?? decimal.fractionDigits)
    return true
  }
}

/** Whether the number that `readDecimal` has read fits into a numeric column. */
export function fitsNumeric({ precision, scale }: DeclaredColumn): boolean {
  if (precision === undefined || scale === undefined) return true
  const { digits, fractionDigits } = decimal
  const limit = powersOfTen[precision - scale] ?? Infinity
  const isTooLarge = digits >= limit * (powersOfTen[fractionDigits] as number)
  return fractionDigits <= scale && !isTooLarge
}

function fieldOf({ source, name }: DeclaredColumn): string {
  return source.kind === 'field' ? (source.path[0] ?? name) : name
}

/** The value of a column for which a record has none; undefined if the column is required. */
export function defaultOf(column: DeclaredColumn): ColumnValue | undefined {
  if (column.default === undefined) return column.required ? undefined : null
  const value = toColumnValue(column, column.default)
  return value instanceof ValueFault ? undefined : value
}
