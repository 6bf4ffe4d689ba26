import { encodedBytesOf } from '../../ledger/copy/encoded-bytes.ts'
import type { RowEncoder } from '../../ledger/copy/row-encoder.ts'
import { powersOfTen } from '../../ledger/copy/row-encoder.ts'
import type { Column, ColumnType, ColumnValue, EncodedRow } from '../../ledger/table-schema.ts'
import { positionColumns } from '../../ledger/table-schema.ts'
import type { RecordPosition } from '../../ledger/receipt.ts'
import type { DeclaredColumn } from '../declaration/declaration.ts'
import { defaultOf, fitsNumeric } from '../decode/encode-record.ts'
import { decimal, readDate, readDecimal, readTimestamp } from '../../ledger/copy/read-scalars.ts'
import { booleanOfText } from './column-text.ts'
import type { FieldColumn } from './lines.ts'
import type { ScannedLine } from './delimited/delimited-scanner.ts'
import { quoting } from './delimited/delimited-scanner.ts'
import { decodeUtf8 } from './utf8.ts'

type Options = {
  readonly columns: readonly FieldColumn[]
  readonly task: number
  readonly hasPosition: boolean
  readonly encoder: RowEncoder
}

type Target = FieldColumn & {
  /** The value of an empty field; undefined if such a line becomes a dead letter. */
  readonly default: ColumnValue | undefined
}

const [minus, point, zero, nine] = [0x2d, 0x2e, 0x30, 0x39]
/** So many characters are never outside the range of a double. */
const maxDoubleDigits = 100

/**
 * Encodes most lines of a delimited file without creating values of their fields. All other lines are left to
 * `valueOfField`, so that only one function decides what a field means. A test compares both.
 */
export class FieldEncoder {
  readonly #encoder: RowEncoder
  readonly #targets: readonly Target[]
  readonly #positionColumns: readonly Column<RecordPosition>[]
  readonly #task: number
  readonly #defaultBytes: number

  private constructor({ columns, task, hasPosition, encoder }: Options) {
    this.#encoder = encoder
    this.#task = task
    this.#targets = columns.map((each) => ({ ...each, default: defaultOf(each.column) }))
    this.#positionColumns = hasPosition ? positionColumns((position) => position) : []
    this.#defaultBytes = this.#targets.reduce(
      (sum, target) => sum + encodedBytesOf(target.default),
      0,
    )
  }

  /** @returns undefined if a column has a type whose values are always decoded */
  static create(options: Options): FieldEncoder | undefined {
    const canEncode = options.columns.every(({ column: { type } }) => type !== 'json')
    return canEncode ? new FieldEncoder(options) : undefined
  }

  /** Returns undefined for a line that is left to `valueOfField`. */
  encode(line: ScannedLine): EncodedRow | undefined {
    const encoder = this.#encoder
    encoder.beginRow(line.end - line.begin + this.#defaultBytes)
    for (const target of this.#targets) {
      if (!this.#encodeField(target, line)) return undefined
    }
    if (this.#positionColumns.length > 0) {
      const position = { logId: this.#task, partition: 0, offset: line.line }
      for (const { type, valueOf } of this.#positionColumns)
        encoder.writeValue(type, valueOf(position))
    }
    return encoder.endRow()
  }

  #encodeField(target: Target, line: ScannedLine): boolean {
    const { column, field } = target
    const { bytes, begins, ends, quotings, isText: isCheckedText } = line
    const begin = begins[field] as number
    const end = ends[field] as number
    const fieldQuoting = quotings[field] as number
    const isText = column.type === 'text'
    if (begin === end && (fieldQuoting === quoting.none || !isText))
      return this.#encodeEmpty(target)
    if (fieldQuoting === quoting.escaped) return false
    if (!isText) return this.#encodeScalar(column, bytes, { begin, end })
    // A text has no more characters than bytes.
    if (column.maxLength !== undefined && end - begin > column.maxLength) return false
    if (!isCheckedText && !isTextWithoutNul(bytes, begin, end)) return false
    this.#encoder.writeUtf8(bytes, begin, end)
    return true
  }

  #encodeEmpty({ column, default: value }: Target): boolean {
    if (value === undefined) return false
    this.#encoder.writeValue(column.type, value)
    return true
  }

  #encodeScalar(column: DeclaredColumn, bytes: Uint8Array, { begin, end }: Span): boolean {
    switch (column.type) {
      case 'timestamp':
        return this.#encodeIfRead('timestamp', readTimestamp(bytes, begin, end))
      case 'date':
        return this.#encodeIfRead('date', readDate(bytes, begin, end))
      case 'integer':
      case 'bigint':
      case 'double':
      case 'numeric':
        return isDecimal(bytes, begin, end) && this.#encodeNumber(column, bytes, { begin, end })
      case 'boolean':
        return this.#encodeIfRead('boolean', readBoolean(bytes, begin, end))
      case 'uuid':
        return this.#encodeIfRead('uuid', readUuid(bytes, begin, end))
      default:
        return false
    }
  }

  #encodeIfRead(type: ColumnType, value: ColumnValue | undefined): boolean {
    if (value === undefined) return false
    this.#encoder.writeValue(type, value)
    return true
  }

  #encodeNumber(column: DeclaredColumn, bytes: Uint8Array, { begin, end }: Span): boolean {
    if (!readDecimal(bytes, begin, end))
      return column.type === 'double' && this.#encodeLongDouble(bytes, { begin, end })
    const { isNegative, digits, fractionDigits } = decimal
    if (column.type === 'numeric') {
      if (!fitsNumeric(column)) return false
      this.#encoder.writeDecimal(decimal, column.scale ?? fractionDigits)
      return true
    }
    const number = isNegative ? -digits : digits
    if (column.type !== 'double') return this.#encodeInteger(column.type, number)
    // Both numbers are exact, so the quotient is the nearest double.
    this.#encoder.writeValue('double', number / (powersOfTen[fractionDigits] as number))
    return true
  }

  #encodeInteger(type: ColumnType, number: number): boolean {
    const isInteger32 = (number | 0) === number
    if (decimal.fractionDigits > 0 || (type === 'integer' && !isInteger32)) return false
    this.#encoder.writeValue(type, number)
    return true
  }

  #encodeLongDouble(bytes: Uint8Array, { begin, end }: Span): boolean {
    if (end - begin > maxDoubleDigits) return false
    this.#encoder.writeValue('double', Number(asciiOf(bytes, begin, end)))
    return true
  }
}

type Span = { readonly begin: number; readonly end: number }

/** `false`, the longest text of a boolean. */
const maxBooleanBytes = 5

/** The boolean that Postgres reads; undefined for another text. */
export function readBoolean(bytes: Uint8Array, begin: number, end: number): boolean | undefined {
  return end - begin > maxBooleanBytes ? undefined : booleanOfText(asciiOf(bytes, begin, end))
}

const uuidBytes = 36
const uuidPattern = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/

/** A UUID with hyphens in lower case; undefined for another text. */
export function readUuid(bytes: Uint8Array, begin: number, end: number): string | undefined {
  if (end - begin !== uuidBytes) return undefined
  const text = asciiOf(bytes, begin, end)
  return uuidPattern.test(text) ? text : undefined
}

/** The text of a few bytes. Bytes that are not ASCII become other characters that are not. */
function asciiOf(bytes: Uint8Array, begin: number, end: number): string {
  let text = ''
  for (let at = begin; at < end; at += 1) text += String.fromCharCode(bytes[at] as number)
  return text
}

const firstNonAscii = 0x80

/** Whether the bytes are UTF-8 without NUL. */
function isTextWithoutNul(bytes: Uint8Array, begin: number, end: number): boolean {
  let isAscii = true
  for (let at = begin; at < end; at += 1) {
    const byte = bytes[at] as number
    if (byte === 0) return false
    if (byte >= firstNonAscii) isAscii = false
  }
  return isAscii || decodeUtf8(bytes, begin, end) !== undefined
}

/** Whether the bytes are `-?\d+(\.\d+)?`. */
export function isDecimal(bytes: Uint8Array, begin: number, end: number): boolean {
  let digits = 0
  let hasPoint = false
  for (let at = bytes[begin] === minus ? begin + 1 : begin; at < end; at += 1) {
    const byte = bytes[at] as number
    if (byte >= zero && byte <= nine) {
      digits += 1
    } else {
      if (byte !== point || hasPoint || digits === 0) return false
      hasPoint = true
      digits = 0
    }
  }
  return digits > 0
}
