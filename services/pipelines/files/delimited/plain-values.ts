import { fitsNumeric } from '../../decode/encode-record.ts'
import { decimal, readDate, readDecimal, readTimestamp } from '../../../ledger/copy/read-scalars.ts'
import type { DeclaredColumn } from '../../declaration/declaration.ts'
import { isDecimal, readBoolean, readUuid } from '../field-encoder.ts'

/** Which fields of a column Postgres reads exactly as we do. */
export type PlainCheck = {
  /** Whether an empty field without quotes is null. */
  readonly isNullPlain: boolean
  /** Whether an empty field with quotes is an empty text. */
  readonly isEmptyTextPlain: boolean
  /** Whether a field that is not empty is plain. A quote that is written twice counts as two characters. */
  readonly isPlain: (bytes: Uint8Array, begin: number, end: number) => boolean
}

/** @returns undefined if values of this type are always decoded */
export function plainCheckOf(column: DeclaredColumn): PlainCheck | undefined {
  const isPlain = checkOf(column)
  if (isPlain === undefined) return undefined
  return {
    isNullPlain: column.default === undefined && !column.required,
    isEmptyTextPlain: column.type === 'text',
    isPlain,
  }
}

type IsPlain = PlainCheck['isPlain']

function checkOf(column: DeclaredColumn): IsPlain | undefined {
  switch (column.type) {
    case 'text': {
      const { maxLength = Infinity } = column
      // A text has no more characters than bytes.
      return (_, begin, end) => end - begin <= maxLength
    }
    case 'numeric':
      return (bytes, begin, end) => isPlainNumeric(column, bytes, { begin, end })
    default:
      return checks[column.type]
  }
}

const checks: Record<Exclude<DeclaredColumn['type'], 'text' | 'numeric'>, IsPlain | undefined> = {
  integer: (bytes, begin, end) => isWholeNumber(bytes, begin, end) && isInteger32(),
  bigint: (bytes, begin, end) => isWholeNumber(bytes, begin, end),
  double: (bytes, begin, end) => end - begin <= maxDoubleBytes && isDecimal(bytes, begin, end),
  boolean: (bytes, begin, end) => readBoolean(bytes, begin, end) !== undefined,
  // Postgres rounds to microseconds, and we cut off finer digits.
  timestamp: (bytes, begin, end) =>
    end - begin <= longestTime && readTimestamp(bytes, begin, end) !== undefined,
  date: (bytes, begin, end) => readDate(bytes, begin, end) !== undefined,
  uuid: (bytes, begin, end) => readUuid(bytes, begin, end) !== undefined,
  json: undefined,
}

/** Numbers with at most this many characters are always in the range of a double. */
const maxDoubleBytes = 100
/** `2026-01-31T12:00:00.123456Z` */
const longestTime = 27
const [minus, point, zero, nine] = [0x2d, 0x2e, 0x30, 0x39]

/** Whether the bytes are a number without point that `readDecimal` has read. */
function isWholeNumber(bytes: Uint8Array, begin: number, end: number): boolean {
  const first = bytes[begin] === minus ? begin + 1 : begin
  if (first === end) return false
  for (let at = first; at < end; at += 1) {
    const byte = bytes[at] as number
    if (byte < zero || byte > nine) return false
  }
  return readDecimal(bytes, begin, end)
}

function isInteger32(): boolean {
  const number = decimal.isNegative ? -decimal.digits : decimal.digits
  return (number | 0) === number
}

function isPlainNumeric(
  column: DeclaredColumn,
  bytes: Uint8Array,
  { begin, end }: { readonly begin: number; readonly end: number },
): boolean {
  if (!isDecimal(bytes, begin, end) || !readDecimal(bytes, begin, end)) return false
  return fitsNumeric(column) && (column.scale !== undefined || !endsWithZero(bytes, begin, end))
}

/** Whether digits after the point end with zeros: a column without a scale would store them. */
function endsWithZero(bytes: Uint8Array, begin: number, end: number): boolean {
  if (bytes[end - 1] !== zero) return false
  for (let at = begin; at < end; at += 1) if (bytes[at] === point) return true
  return false
}
