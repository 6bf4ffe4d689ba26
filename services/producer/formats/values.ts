/**
 * Reads values as devices write them. An unknown value becomes undefined. A value that cannot be read is
 * returned unchanged, so that the parser of readings refuses it with a reason.
 */

const decimalPattern = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/

/** A number, or a decimal text; undefined for an empty text and for NaN. */
export function toNumber(value: unknown): unknown {
  if (value === null || (typeof value === 'number' && Number.isNaN(value))) return undefined
  if (typeof value !== 'string') return value
  const text = value.trim()
  if (text === '' || text.toLowerCase() === 'nan') return undefined
  return decimalPattern.test(text) ? Number(text) : value
}

/** Like `toNumber`; negative means unknown. */
export function toKnownNumber(value: unknown): unknown {
  const number = toNumber(value)
  return typeof number === 'number' && number < 0 ? undefined : number
}

const metresPerSecondPerKnot = 1852 / 3600
const metresPerSecondPerKmh = 1 / 3.6

/** Units of speed, in metres a second. */
export const speedUnits = { mps: 1, kmh: metresPerSecondPerKmh, knots: metresPerSecondPerKnot }

/** A speed in metres a second, rounded to millimetres; negative means unknown. */
export function toSpeed(value: unknown, unit: keyof typeof speedUnits): unknown {
  const number = toKnownNumber(value)
  if (typeof number !== 'number') return number
  return Math.round(number * speedUnits[unit] * 1000) / 1000
}

/** A heading in degrees. North may be 360; negative means unknown. */
export function toHeading(value: unknown): unknown {
  const number = toKnownNumber(value)
  return number === 360 ? 0 : number
}

/** Smaller numbers are seconds since the Unix epoch, larger ones milliseconds. */
const firstMilliseconds = 2 ** 31
const localTimePattern = /^\d{4}-\d\d-\d\d[T ]\d\d:\d\d/
const zonePattern = /(Z|[+-]\d\d:?\d\d)$/i

/** A time as `parseReading` takes it: Unix seconds, or ISO 8601 with an offset. Without a zone it is UTC. */
export function toTimestamp(value: unknown): unknown {
  const number = toNumber(value)
  if (typeof number === 'number') return number < firstMilliseconds ? number : number / 1000
  if (typeof number !== 'string' || !localTimePattern.test(number)) return number
  const text = number.trim().replace(' ', 'T')
  if (!zonePattern.test(text)) return `${text}Z`
  return text.replace(/([+-]\d\d)(\d\d)$/, '$1:$2')
}

/** The id of a device as text; undefined if there is none. */
export function toDeviceId(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}

/** Converts percent to a share from 0 to 1; undefined if it is not known. */
export function toShare(percent: unknown): unknown {
  const number = toKnownNumber(percent)
  return typeof number === 'number' ? number / 100 : number
}

export type JsonFields = Readonly<Record<string, unknown>>

/** The fields of an object; none if the value is not an object. */
export function fieldsOf(value: unknown): JsonFields {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as JsonFields)
    : {}
}

/** The fields except some. */
export function without(fields: JsonFields, names: readonly string[]): JsonFields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)))
}
