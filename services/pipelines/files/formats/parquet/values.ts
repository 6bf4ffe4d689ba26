import type { ParquetParsers } from 'hyparquet'

const utf8 = new TextDecoder('utf-8', { fatal: true })
const microsPerSecond = 1_000_000n
const millisecondsPerDay = 86_400_000

/** Half of a surrogate pair: a column refuses it as a text that cannot be stored. */
const badText = '\ud800'

/** Makes the values of JSON. Those of the library lose microseconds, and replace bytes that are not UTF-8. */
export const parsers: Partial<ParquetParsers> = {
  timestampFromMilliseconds: (millis) => toIso(millis * 1_000n),
  timestampFromMicroseconds: toIso,
  timestampFromNanoseconds: (nanos) => toIso(floorQuotient(nanos, 1_000n)),
  dateFromDays: (days) =>
    isoOf(days * millisecondsPerDay)?.slice(0, 'YYYY-MM-DD'.length) ?? `day ${days}`,
  stringFromBytes: toText,
  jsonFromBytes: toText,
}

function toText(bytes: Uint8Array): string {
  try {
    return utf8.decode(bytes)
  } catch {
    return badText
  }
}

function toIso(micros: bigint): string {
  const seconds = floorQuotient(micros, microsPerSecond)
  const fraction = String(micros - seconds * microsPerSecond).padStart(6, '0')
  const iso = isoOf(Number(seconds) * 1_000)
  return iso === undefined ? `${micros} µs` : iso.replace('.000Z', `.${fraction}Z`)
}

/** Undefined for times that a `Date` cannot hold. */
function isoOf(milliseconds: number): string | undefined {
  const date = new Date(milliseconds)
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString()
}

function floorQuotient(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  return dividend < 0n && quotient * divisor !== dividend ? quotient - 1n : quotient
}

/** The JSON of a value. All digits of numbers are kept. */
export function toJson(value: unknown): string {
  switch (typeof value) {
    case 'bigint':
      return String(value)
    case 'number':
      if (Object.is(value, -0)) return '-0'
      // JSON has no such numbers: a column refuses the text.
      return Number.isFinite(value) ? String(value) : JSON.stringify(String(value))
    case 'object':
      return toJsonOfObject(value)
    case 'undefined':
      return 'null'
    default:
      return JSON.stringify(value)
  }
}

function toJsonOfObject(value: object | null): string {
  if (value === null) return 'null'
  if (value instanceof Uint8Array) return JSON.stringify(`\\x${toHex(value)}`)
  if (Array.isArray(value) || ArrayBuffer.isView(value))
    return `[${Array.from(value as ArrayLike<unknown>, toJson).join(',')}]`
  const entries = Object.entries(value).map(
    ([name, each]) => `${JSON.stringify(name)}:${toJson(each)}`,
  )
  return `{${entries.join(',')}}`
}

const toHex = (bytes: Uint8Array): string =>
  Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

/** The JSON of a decimal: its digits, as a whole number or as bytes, with the point before the last ones. */
export function toJsonOfDecimal(value: unknown, scale: number): string {
  const digits = toInteger(value)
  if (digits === undefined) return 'null'
  const text = String(digits < 0n ? -digits : digits).padStart(scale + 1, '0')
  const point = text.length - scale
  const sign = digits < 0n ? '-' : ''
  return sign + text.slice(0, point) + (scale === 0 ? '' : `.${text.slice(point)}`)
}

function toInteger(value: unknown): bigint | undefined {
  if (typeof value === 'bigint' || typeof value === 'number') return BigInt(value)
  if (!(value instanceof Uint8Array) || value.length === 0) return undefined
  return BigInt.asIntN(8 * value.length, BigInt(`0x${toHex(value)}`))
}
