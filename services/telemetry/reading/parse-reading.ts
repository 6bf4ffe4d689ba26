import type { Micros } from '../time.ts'
import type { NumberField, ObjectField, ReadingField, TextField, VinField } from './fields.ts'
import { formatRange, readingFields, speedField, timeField } from './fields.ts'
import type {
  JsonObject,
  JsonValue,
  ParsedReading,
  Reading,
  Refusal,
  RefusalCode,
  TimeWindow,
} from './reading.ts'
import { maxClockAheadMicros, microsecondsPerDay } from './reading.ts'
import { describeInvalidTime } from '../invalid-time.ts'
import { parseIsoMicroseconds, unixToMicroseconds } from '../time.ts'

type Fields = Readonly<Record<string, unknown>>

/** A reading on the wire whose values have been checked; its time is parsed separately. */
type WireFields = Pick<Reading, 'vin' | 'latitude' | 'longitude'> &
  Partial<Omit<Reading, 'recordedAt'>>

/** Rules that differ between the formats of a reading. */
export type ReadingRules = {
  /** Devices do not always know their speed. */
  readonly isSpeedRequired: boolean
}

const knownNames = new Set(readingFields.map((field) => field.name))
const knownNamesText = [...knownNames].join(', ')

/**
 * Parses one reading from a decoded JSON value; reports the first fault found.
 *
 * @param value the result of `JSON.parse`: an object with the fields of `readingFields`
 * @param window the allowed times
 * @param rules by default those of our own JSON
 */
export function parseReading(
  value: unknown,
  window: TimeWindow,
  rules: ReadingRules = { isSpeedRequired: true },
): ParsedReading {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused(
      'not-an-object',
      `A reading must be a JSON object, but this is ${describeValue(value)}.`,
    )
  }
  const fields = value as Fields
  const refusal = refusalOfNames(fields) ?? refusalOfValues(fields, rules)
  if (refusal) return { ok: false, refusal }
  const recordedAt = toMicroseconds(fields[timeField.name])
  const refusedTime = refusalOfTime(fields[timeField.name], recordedAt, window)
  if (refusedTime) return { ok: false, refusal: refusedTime }
  return { ok: true, reading: toReading(fields, recordedAt) }
}

function refusalOfNames(fields: Fields): Refusal | undefined {
  for (const name in fields) {
    if (knownNames.has(name)) continue
    const detail = `Unknown field ${toShortJson(name)}. Known fields: ${knownNamesText}.`
    return { code: 'unknown-field', detail }
  }
  return undefined
}

function refusalOfValues(fields: Fields, rules: ReadingRules): Refusal | undefined {
  for (const field of readingFields) {
    const value = fields[field.name]
    const refusal = isAbsent(value) ? refusalOfAbsence(field, rules) : refusalOfValue(field, value)
    if (refusal) return refusal
  }
  return undefined
}

function refusalOfAbsence(field: ReadingField, rules: ReadingRules): Refusal | undefined {
  if (!field.required || (field === speedField && !rules.isSpeedRequired)) return undefined
  return { code: 'missing-field', detail: `${field.name} is missing. ${field.description}` }
}

function refusalOfValue(field: ReadingField, value: unknown): Refusal | undefined {
  switch (field.kind) {
    case 'vin':
      return refusalOfVin(field, value)
    case 'time':
      return refusalOfTimeType(value)
    case 'number':
    case 'integer':
      return refusalOfNumber(field, value)
    case 'text':
      return refusalOfText(field, value)
    case 'object':
      return refusalOfObject(field, value)
    default:
      return field satisfies never
  }
}

/** Copies values that have been checked. */
function toReading(fields: Fields, recordedAt: Micros): Reading {
  const { vin, sequence, latitude, longitude, altitude, speed, heading, make, model, metadata } =
    fields as WireFields
  return {
    vin,
    recordedAt,
    sequence: withoutNegativeZero(sequence ?? 0),
    latitude: withoutNegativeZero(latitude),
    longitude: withoutNegativeZero(longitude),
    altitude: withoutNegativeZero(altitude ?? null),
    speed: withoutNegativeZero(speed ?? null),
    heading: withoutNegativeZero(heading ?? null),
    make: make ?? null,
    model: model ?? null,
    metadata: metadata ?? null,
  }
}

/** `JSON.stringify` writes -0 as 0, so -0 would change on the way. */
function withoutNegativeZero<T extends number | null>(value: T): T {
  return (value === 0 ? 0 : value) as T
}

function isAbsent(value: unknown): boolean {
  return value === undefined || value === null
}

function refusalOfVin(field: VinField, value: unknown): Refusal | undefined {
  if (typeof value !== 'string') return wrongType(field.name, 'a string', value)
  if (field.pattern.test(value)) return undefined
  const detail = `vin ${toShortJson(value)} is invalid. A vin has 1 to 32 characters of A-Z, a-z, 0-9 and hyphen.`
  return { code: 'invalid-vin', detail }
}

function refusalOfTimeType(value: unknown): Refusal | undefined {
  if (typeof value === 'string') return undefined
  if (typeof value !== 'number') return wrongType(timeField.name, 'a string or a number', value)
  return Number.isFinite(value) ? undefined : notFinite(timeField.name)
}

/** Returns NaN if the value is not a valid time. */
function toMicroseconds(value: unknown): number {
  const recordedAt =
    typeof value === 'string' ? parseIsoMicroseconds(value) : unixToMicroseconds(value as number)
  return recordedAt ?? NaN
}

function refusalOfTime(
  value: unknown,
  recordedAt: Micros,
  { receivedAt, retentionMicros }: TimeWindow,
): Refusal | undefined {
  if (Number.isNaN(recordedAt)) {
    return wrongTime('invalid-timestamp', value, describeInvalidTime(value as string | number))
  }
  if (recordedAt > receivedAt + maxClockAheadMicros) {
    return wrongTime('time-too-far-ahead', value, 'is more than 5 minutes ahead')
  }
  if (recordedAt < receivedAt - retentionMicros) {
    return wrongTime(
      'time-too-old',
      value,
      `is more than ${retentionMicros / microsecondsPerDay} days old`,
    )
  }
  return undefined
}

function wrongTime(code: RefusalCode, value: unknown, problem: string): Refusal {
  return { code, detail: `timestamp ${toShortJson(value)} ${problem}.` }
}

function refusalOfNumber(field: NumberField, value: unknown): Refusal | undefined {
  const { name, minimum, maximum, excludesMaximum } = field
  if (typeof value !== 'number') return wrongType(name, 'a number', value)
  if (!Number.isFinite(value)) return notFinite(name)
  if (field.kind === 'integer' && !Number.isInteger(value)) {
    return wrongType(name, 'a whole number', value)
  }
  const isAbove = excludesMaximum ? value >= maximum : value > maximum
  if (value >= minimum && !isAbove) return undefined
  return { code: 'out-of-range', detail: `${name} ${value} is outside ${formatRange(field)}.` }
}

function refusalOfText({ name, maxLength }: TextField, value: unknown): Refusal | undefined {
  if (typeof value !== 'string') return wrongType(name, 'a string', value)
  if (value.length > maxLength && Array.from(value).length > maxLength) {
    return { code: 'text-too-long', detail: `${name} has more than ${maxLength} characters.` }
  }
  return refusalOfCharacters(name, value)
}

function refusalOfObject(field: ObjectField, value: unknown): Refusal | undefined {
  const { name, maxBytes, maxDepth } = field
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return wrongType(name, 'an object', value)
  }
  const refusal = refusalOfTree(field, value as JsonObject, maxDepth)
  if (refusal) return refusal
  const size = new TextEncoder().encode(JSON.stringify(value)).length
  if (size <= maxBytes) return undefined
  return {
    code: 'metadata-too-large',
    detail: `${name} has ${size} bytes as JSON; the limit is ${maxBytes}.`,
  }
}

function refusalOfTree(
  field: ObjectField,
  value: JsonValue,
  depthLeft: number,
): Refusal | undefined {
  if (typeof value === 'string') return refusalOfCharacters(field.name, value)
  if (typeof value === 'number' && !Number.isFinite(value)) return notFinite(field.name)
  if (typeof value !== 'object' || value === null) return undefined
  if (depthLeft === 0) {
    const detail = `${field.name} has more than ${field.maxDepth} levels.`
    return { code: 'metadata-too-deep', detail }
  }
  for (const [key, child] of Object.entries(value)) {
    const refusal =
      refusalOfCharacters(field.name, key) ?? refusalOfTree(field, child, depthLeft - 1)
    if (refusal) return refusal
  }
  return undefined
}

/** Postgres stores neither NUL nor half a surrogate pair. */
function refusalOfCharacters(name: string, text: string): Refusal | undefined {
  if (!text.includes('\0') && text.isWellFormed()) return undefined
  return { code: 'unstorable-text', detail: `${name} contains a NUL or a lone surrogate.` }
}

function refused(code: RefusalCode, detail: string): ParsedReading {
  return { ok: false, refusal: { code, detail } }
}

function wrongType(name: string, expected: string, value: unknown): Refusal {
  return {
    code: 'wrong-type',
    detail: `${name} must be ${expected}, but this is ${describeValue(value)}.`,
  }
}

function notFinite(name: string): Refusal {
  return { code: 'not-finite', detail: `${name} is not a finite number.` }
}

function describeValue(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  return typeof value === 'string' ? `the string ${toShortJson(value)}` : JSON.stringify(value)
}

/** The value as JSON, truncated to a length that fits an error message. */
function toShortJson(value: unknown): string {
  const text = JSON.stringify(value)
  return text.length > 60 ? `${text.slice(0, 57)}...` : text
}
