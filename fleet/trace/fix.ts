import type { Micros } from '../../services/telemetry/time.ts'
import type { NumberField } from '../../services/telemetry/reading/fields.ts'
import { formatRange, readingFields } from '../../services/telemetry/reading/fields.ts'
import { parseIsoMicroseconds, unixToMicroseconds } from '../../services/telemetry/time.ts'
import { TraceError } from './trace-error.ts'

/** One position of a recorded drive, in the units of `readingFields`. */
export type Fix = {
  /** Microseconds since the Unix epoch, an integer. */
  readonly recordedAt: Micros
  readonly latitude: number
  readonly longitude: number
  readonly altitude: number | null
  readonly speed: number
  /** Null before the first movement. */
  readonly heading: number | null
}

/** A fix as in the file. Missing speed and heading are computed later. */
export type RecordedFix = Omit<Fix, 'speed'> & { readonly speed: number | null }

/** The texts of a fix (undefined or empty if missing) and its place for error messages. */
export type FixTexts = {
  readonly place: string
  readonly timestamp: string | undefined
  readonly latitude: string | undefined
  readonly longitude: string | undefined
  readonly altitude: string | undefined
  readonly speed: string | undefined
  readonly heading: string | undefined
}

const decimal = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/

/** Throws TraceError if a text is missing, invalid or out of range. */
export function parseFix(texts: FixTexts): RecordedFix {
  const heading = optionalNumber(texts, 'heading')
  return {
    recordedAt: parseTime(texts),
    latitude: requiredNumber(texts, 'latitude'),
    longitude: requiredNumber(texts, 'longitude'),
    altitude: optionalNumber(texts, 'altitude'),
    speed: optionalNumber(texts, 'speed'),
    heading: heading === 360 ? 0 : heading,
  }
}

type NumberName = 'latitude' | 'longitude' | 'altitude' | 'speed' | 'heading'

function requiredNumber(texts: FixTexts, name: NumberName): number {
  const value = optionalNumber(texts, name)
  if (value === null)
    throw new TraceError({
      place: texts.place,
      problem: `${name} is missing`,
      expected: rangeOf(name),
    })
  return value
}

function optionalNumber(texts: FixTexts, name: NumberName): number | null {
  const text = texts[name]?.trim() ?? ''
  if (text === '') return null
  const value = decimal.test(text) ? Number(text) : NaN
  const { minimum, maximum } = fieldByName(name)
  if (value >= minimum && value <= maximum) return value
  const problem = `${name} is ${JSON.stringify(text)}`
  throw new TraceError({ place: texts.place, problem, expected: rangeOf(name) })
}

function rangeOf(name: NumberName): string {
  return `a number in ${formatRange(fieldByName(name))}`
}

export function fieldByName(name: NumberName): NumberField {
  return readingFields.find((field) => field.name === name) as NumberField
}

function parseTime({ place, timestamp }: FixTexts): number {
  const text = timestamp?.trim() ?? ''
  const unix = decimal.test(text) ? unixToMicroseconds(Number(text)) : undefined
  const microseconds = parseIsoMicroseconds(text) ?? unix
  if (microseconds !== undefined) return microseconds
  const problem = text === '' ? 'the time is missing' : `the time is ${JSON.stringify(text)}`
  const expected = 'ISO 8601 with an offset, for example 2018-08-02T16:14:48.299Z'
  throw new TraceError({ place, problem, expected })
}
