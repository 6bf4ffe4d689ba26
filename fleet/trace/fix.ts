import type { Micros } from '../../services/telemetry/time.ts'
import type { AltitudeReference } from '../../services/telemetry/reading/altitude-reference.ts'
import { toAltitudeReference } from '../../services/telemetry/reading/altitude-reference.ts'
import type { NumberField } from '../../services/telemetry/reading/fields.ts'
import { formatRange, readingFields } from '../../services/telemetry/reading/fields.ts'
import { describeInvalidTime } from '../../services/telemetry/invalid-time.ts'
import { parseIsoMicroseconds, unixToMicroseconds } from '../../services/telemetry/time.ts'
import type { TraceFault } from './trace-error.ts'

/** One position of a recorded drive, in the units of `readingFields`. */
export type Fix = {
  /** Microseconds since the Unix epoch, an integer. */
  readonly recordedAt: Micros
  readonly latitude: number
  readonly longitude: number
  readonly altitude: number | null
  /** If the altitude is not above the ellipsoid. */
  readonly altitudeReference?: Exclude<AltitudeReference, 'ellipsoid'>
  readonly speed: number
  /** Null before the first movement. */
  readonly heading: number | null
}

/** A fix as in the file. Missing speed and heading are computed later. */
export type RecordedFix = Omit<Fix, 'speed'> & {
  readonly speed: number | null
  readonly place: string
  /** Number of its track segment. Nothing is known about the movement between two segments. */
  readonly segment: number
}

/** The texts of a fix (undefined or empty if missing) and its place for error messages. */
export type FixTexts = {
  readonly place: string
  readonly segment: number
  readonly timestamp: string | undefined
  readonly latitude: string | undefined
  readonly longitude: string | undefined
  readonly altitude: string | undefined
  readonly altitudeReference: string | undefined
  readonly speed: string | undefined
  readonly heading: string | undefined
}

/** A fix of the file, or why it cannot be used. */
export type RecordedFixOrFault = RecordedFix | TraceFault

export function isFault(value: object): value is TraceFault {
  return 'problem' in value
}

export function isFix(value: RecordedFixOrFault): value is RecordedFix {
  return !isFault(value)
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

/** Returns a fault if a text is missing, invalid or out of range. */
export function parseFix(texts: FixTexts): RecordedFixOrFault {
  const time = parseTime(texts)
  const numbers = [
    requiredNumber(texts, 'latitude'),
    requiredNumber(texts, 'longitude'),
    optionalNumber(texts, 'altitude'),
    optionalMotion(texts, 'speed'),
    optionalMotion(texts, 'heading'),
  ] as const
  const fault = [time, ...numbers].find((value) => typeof value === 'object' && value !== null)
  if (fault !== undefined) return fault
  const [latitude, longitude, altitude, speed, heading] = numbers as NumbersOfFix
  return {
    recordedAt: time as number,
    latitude,
    longitude,
    altitude,
    ...(altitude !== null && referenceOf(texts)),
    speed,
    heading: heading === 360 ? 0 : heading,
    place: texts.place,
    segment: texts.segment,
  }
}

function referenceOf({ altitudeReference }: FixTexts): Pick<Fix, 'altitudeReference'> {
  const reference = toAltitudeReference(altitudeReference?.trim())
  return reference === 'ellipsoid' ? {} : { altitudeReference: reference }
}

type NumbersOfFix = readonly [number, number, number | null, number | null, number | null]
type NumberName = 'latitude' | 'longitude' | 'altitude' | 'speed' | 'heading'

function requiredNumber(texts: FixTexts, name: NumberName): number | TraceFault {
  const missing = { place: texts.place, problem: `${name} is missing`, expected: rangeOf(name) }
  return optionalNumber(texts, name) ?? missing
}

/** Phones write -1 for a speed or a heading that they do not know. */
function optionalMotion(texts: FixTexts, name: 'speed' | 'heading'): number | null | TraceFault {
  return Number(texts[name]) === -1 ? null : optionalNumber(texts, name)
}

function optionalNumber(texts: FixTexts, name: NumberName): number | null | TraceFault {
  const text = texts[name]?.trim() ?? ''
  if (text === '') return null
  const value = decimal.test(text) ? Number(text) : NaN
  const { minimum, maximum } = fieldByName(name)
  if (value >= minimum && value <= maximum) return value
  const comma = /^[+-]?\d+,\d+$/.test(text) ? ', with a decimal point instead of a comma' : ''
  const problem = `${name} is ${JSON.stringify(text)}`
  return { place: texts.place, problem, expected: `${rangeOf(name)}${comma}` }
}

function rangeOf(name: NumberName): string {
  return `a number in ${formatRange(fieldByName(name))}`
}

export function fieldByName(name: NumberName): NumberField {
  return readingFields.find((field) => field.name === name) as NumberField
}

/** A space between date and time, as Postgres and pandas write it (RFC 3339, section 5.6). */
const spaceBeforeTime = /^(\d{4}-\d{2}-\d{2}) (?=\d)/

function parseTime({ place, timestamp }: FixTexts): number | TraceFault {
  const text = (timestamp?.trim() ?? '').replace(spaceBeforeTime, '$1T')
  const unix = decimal.test(text) ? unixToMicroseconds(Number(text)) : undefined
  const microseconds = parseIsoMicroseconds(text) ?? unix
  if (microseconds !== undefined) return microseconds
  const problem =
    text === '' ? 'the time is missing' : `the time ${describeTime(timestamp?.trim() ?? '', text)}`
  const expected = 'ISO 8601 with an offset, for example 2018-08-02T16:14:48.299Z, or Unix seconds'
  return { place, problem, expected }
}

function describeTime(shown: string, text: string): string {
  return `${JSON.stringify(shown)} ${describeInvalidTime(decimal.test(text) ? Number(text) : text)}`
}
