import type { ColumnType, ColumnValue } from '../../ledger/table-schema.ts'
import { parseIsoMicroseconds } from '../../telemetry/time.ts'
import type { DeclaredColumn } from '../declaration/declaration.ts'
import type { RefusalCode } from './refusal-codes.ts'
import { ExactNumber, stringifyExactJson, toPlainDecimal } from './exact-json.ts'

/** Why a value cannot be stored in its column. */
export class ValueFault {
  /** The reason as a code of the dead letter. */
  readonly code: RefusalCode
  /** Continues "The field …". */
  readonly detail: string
  constructor(code: ValueFault['code'], detail: string) {
    this.code = code
    this.detail = detail
  }
}

type Limits = Pick<DeclaredColumn, 'precision' | 'scale' | 'maxLength'>
type Conversion = (given: unknown, limits: Limits) => ColumnValue | ValueFault

/**
 * Converts a JSON value to the value of a column. Numbers keep all their digits.
 *
 * @param given a value of `parseExactJson` other than null
 */
export function toColumnValue(
  column: Limits & { readonly type: ColumnType },
  given: unknown,
): ColumnValue | ValueFault {
  return conversions[column.type](given, column)
}

const conversions: Record<ColumnType, Conversion> = {
  text: (given, { maxLength }) => {
    if (typeof given !== 'string') return wrongType('a text', given)
    const fault = faultOfText(given)
    if (fault !== undefined) return fault
    if (maxLength === undefined || given.length <= maxLength) return given
    // A character outside the basic plane has the length 2.
    const { length } = Array.from(given)
    if (length <= maxLength) return given
    return new ValueFault('too-long', `has ${length} characters; at most ${maxLength} are allowed.`)
  },
  integer: (given) => toInteger(given, int32),
  bigint: (given) => toInteger(given, int64),
  double: (given) => {
    if (typeof given === 'number') return given
    const text = decimalText(given)
    if (text === undefined) return wrongType('a number', given)
    // A double column holds the nearest double, like every double precision value of Postgres.
    const number = Number(text)
    return Number.isFinite(number) ? number : outOfRange(text, 'the range of a double')
  },
  numeric: (given, limits) => {
    const text = decimalText(given)
    return text === undefined ? wrongType('a number', given) : toNumeric(text, limits)
  },
  boolean: (given) => (typeof given === 'boolean' ? given : wrongType('true or false', given)),
  timestamp: (given) => {
    const expected = 'a time with a time zone, e.g. "2026-01-31T12:00:00Z"'
    if (typeof given !== 'string') return wrongType(expected, given)
    return toMicrosOfTime(given) ?? wrongType(expected, given)
  },
  date: (given) => {
    const day = typeof given === 'string' ? toDays(given) : undefined
    return day ?? wrongType('a date, e.g. "2026-01-31"', given)
  },
  uuid: (given) => {
    const isUuid = typeof given === 'string' && uuidPattern.test(given)
    return isUuid ? given.toLowerCase() : wrongType('a UUID', given)
  },
  json: (given) => {
    const text = stringifyExactJson(given)
    if (hasEscapedNul(text)) return nulFault
    return hasEscapedSurrogate(text) ? surrogateFault : (faultOfText(text) ?? text)
  },
}

const uuidPattern = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i

/** Longer values are cut in a dead letter. */
const maxShownLength = 80

function wrongType(expected: string, given: unknown): ValueFault {
  return new ValueFault('wrong-type', `is ${shorten(given)}; expected ${expected}.`)
}

function outOfRange(text: string, range: string): ValueFault {
  return new ValueFault('out-of-range', `is ${shorten(new ExactNumber(text))}, outside ${range}.`)
}

function shorten(given: unknown): string {
  const text = stringifyExactJson(given)
  return text.length > maxShownLength ? `${text.slice(0, maxShownLength)}…` : text
}

const nulFault = new ValueFault('bad-text', 'has a NUL character, which Postgres cannot store.')

function faultOfText(text: string): ValueFault | undefined {
  if (text.includes('\0')) return nulFault
  return text.isWellFormed() ? undefined : surrogateFault
}

const surrogateFault = new ValueFault(
  'bad-text',
  'has half of a surrogate pair, which is not valid Unicode.',
)

/** Whether a JSON text has an escaped NUL. */
function hasEscapedNul(json: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*\\u0000/.test(json)
}

/** Whether a JSON text has an escaped surrogate. JSON.stringify escapes only those without a pair. */
function hasEscapedSurrogate(json: string): boolean {
  return /(?:^|[^\\])(?:\\\\)*\\ud[89a-f]/.test(json)
}

const decimalPattern = /^-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?$/

/** The digits of a JSON number, or of a text that is one; undefined for everything else. */
function decimalText(given: unknown): string | undefined {
  if (typeof given === 'number') return String(given)
  if (given instanceof ExactNumber) return given.text
  return typeof given === 'string' && decimalPattern.test(given) ? given : undefined
}

type IntegerRange = { readonly least: bigint; readonly greatest: bigint }

const int32: IntegerRange = { least: -(2n ** 31n), greatest: 2n ** 31n - 1n }
const int64: IntegerRange = { least: -(2n ** 63n), greatest: 2n ** 63n - 1n }

function toInteger(given: unknown, range: IntegerRange): ColumnValue | ValueFault {
  // Most numbers: these are in both ranges, and no BigInt is needed.
  if (typeof given === 'number' && (given | 0) === given) return given | 0
  const text = decimalText(given)
  if (text === undefined) return wrongType('a whole number', given)
  const plain = toPlainDecimal(text)
  const { least, greatest } = range
  const rangeText = `the range ${least} to ${greatest}`
  if (plain === undefined) return outOfRange(text, rangeText)
  if (plain.includes('.')) return wrongType('a whole number', given)
  const value = BigInt(plain)
  if (value < least || value > greatest) return outOfRange(text, rangeText)
  return Number.isSafeInteger(Number(value)) ? Number(value) : value
}

/** The decimal text with exactly `scale` digits after the point, if the column has a scale. */
function toNumeric(text: string, { precision, scale }: Limits): ColumnValue | ValueFault {
  const plain = canonicalPattern.test(text) ? text : toPlainDecimal(text)
  if (plain === undefined) return outOfRange(text, 'the range of 2,000 digits')
  if (precision === undefined || scale === undefined) return plain
  const { integerDigits, fractionDigits } = countDigits(plain)
  if (fractionDigits > scale) {
    return new ValueFault(
      'inexact-number',
      `is ${shorten(new ExactNumber(text))}; the column has ${scale} digits after the point, and numbers are not rounded.`,
    )
  }
  if (integerDigits > precision - scale)
    return outOfRange(text, `the range of numeric(${precision},${scale})`)
  if (fractionDigits === scale) return plain
  return (fractionDigits === 0 ? `${plain}.` : plain) + '0'.repeat(scale - fractionDigits)
}

/** A short number as `toPlainDecimal` writes it. */
const canonicalPattern = /^-?[1-9]\d{0,14}(?:\.\d{0,14}[1-9])?$/

/** The digits before the point, without a single zero, and after it. */
function countDigits(plain: string) {
  const point = plain.indexOf('.')
  const end = point === -1 ? plain.length : point
  const begin = plain.startsWith('-') ? 1 : 0
  const integerDigits = plain[begin] === '0' ? 0 : end - begin
  return { integerDigits, fractionDigits: Math.max(0, plain.length - end - 1) }
}

const fractionPattern = /[.,]\d+/

/** Microseconds since the Unix epoch, with finer digits cut off; years 0001 to 9999. */
function toMicrosOfTime(text: string): number | bigint | undefined {
  const micros = parseIsoMicroseconds(text)
  if (micros === undefined || text.startsWith('0000')) return undefined
  if (Number.isSafeInteger(micros)) return micros
  const wholeSecond = parseIsoMicroseconds(text.replace(fractionPattern, ''))
  const fraction = (fractionPattern.exec(text)?.[0] ?? '').slice(1, 7).padEnd(6, '0')
  return wholeSecond === undefined ? undefined : BigInt(wholeSecond) + BigInt(fraction)
}

const datePattern = /^(?!0000)\d{4}-\d{2}-\d{2}$/
const millisecondsPerDay = 86_400_000

/** Days since the Unix epoch; undefined if the text is not a day of the calendar. */
function toDays(text: string): number | undefined {
  if (!datePattern.test(text)) return undefined
  const milliseconds = Date.parse(`${text}T00:00:00Z`)
  if (Number.isNaN(milliseconds) || !new Date(milliseconds).toISOString().startsWith(text))
    return undefined
  return milliseconds / millisecondsPerDay
}
