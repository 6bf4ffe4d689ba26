import { readingFields } from './fields.ts'
import type { GeoPosition } from '../track/geo.ts'
import { localToGeo } from '../track/geo.ts'
import type { ParsedReading, TimeWindow } from './reading.ts'
import { parseReading } from './parse-reading.ts'
import { restorePlusInNumber, restorePlusInTime } from '../restore-plus.ts'

/** The form body that existing Python fleets send: metres from an origin instead of degrees. */

/** Each digit matches in one way only, so that the pattern cannot backtrack exponentially. */
const decimalPattern = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/
const axes = ['position_x', 'position_y', 'position_z'] as const
const fieldNames = ['timestamp', 'vin', 'make', 'model', 'speed', 'position', ...axes]

/**
 * Parses one reading from the fields of a form body.
 *
 * @param pairs name and value in the order of the body; `position` may occur three times
 * @param origin origin of the positions, which are in metres east, north and up
 * @param window the allowed times
 */
export function parseForm(
  pairs: Iterable<readonly [string, string]>,
  origin: GeoPosition,
  window: TimeWindow,
): ParsedReading {
  const values = new Map<string, string[]>()
  for (const [name, value] of pairs) {
    if (!fieldNames.includes(name)) return refused('unknown-field', unknownField(name))
    const previous = values.get(name)
    if (previous) previous.push(value)
    else values.set(name, [value])
  }
  for (const [name, occurrences] of values) {
    const allowed = name === 'position' ? 3 : 1
    if (occurrences.length !== allowed) {
      return refused(
        'wrong-type',
        `${name} occurs ${occurrences.length} times; expected: ${allowed}.`,
      )
    }
  }
  const position = readPosition(values)
  if (position === undefined) return refused('missing-field', positionMissing)
  const numbers = position.map(restorePlusInNumber)
  const invalid = numbers.find((text) => !decimalPattern.test(text))
  if (invalid !== undefined) {
    return refused(
      'wrong-type',
      `position ${JSON.stringify(invalid.slice(0, 40))} is not a number.`,
    )
  }
  const metres = numbers.map(Number) as [number, number, number]
  if (!metres.every(Number.isFinite)) return refused('not-finite', 'position is not finite.')
  const [east, north, up] = metres
  const text = (name: string): string | undefined => values.get(name)?.[0]
  const { latitude, longitude, altitude } = localToGeo({ east, north, up }, origin)
  const reading = {
    vin: text('vin'),
    timestamp: toTime(text('timestamp')),
    latitude,
    longitude,
    altitude,
    speed: toNumber(text('speed')),
    make: text('make'),
    model: text('model'),
  }
  return parseReading(reading, window)
}

const positionMissing =
  'The position is missing. Send position_x, position_y and position_z, or position three times, in metres.'

function readPosition(values: ReadonlyMap<string, string[]>): string[] | undefined {
  const repeated = values.get('position')
  const named = axes.flatMap((axis) => values.get(axis) ?? [])
  if (repeated !== undefined) return named.length === 0 ? repeated : undefined
  return named.length === 3 ? named : undefined
}

/** Converts a decimal text to a number; other values are returned unchanged, so that the reading's parser reports them. */
function toNumber(text: string | undefined): string | number | undefined {
  if (text === undefined) return undefined
  const decimal = restorePlusInNumber(text)
  return decimalPattern.test(decimal) ? Number(decimal) : text
}

/** Unix seconds as a number; otherwise the text. */
function toTime(text: string | undefined): string | number | undefined {
  const time = toNumber(text)
  return typeof time === 'string' ? restorePlusInTime(time) : time
}

function unknownField(name: string): string {
  const known = fieldNames.join(', ')
  return `Unknown form field ${JSON.stringify(name.slice(0, 40))}. Known fields: ${known}.`
}

function refused(
  code: 'unknown-field' | 'missing-field' | 'wrong-type' | 'not-finite',
  detail: string,
): ParsedReading {
  return { ok: false, refusal: { code, detail } }
}

/** The fields that every form must have, besides the position. */
export const requiredFormFields: readonly string[] = ['timestamp', 'vin', 'speed']

type FormField = {
  readonly name: string
  readonly description: string
  /** Whether the field is one axis of the position or, sent three times, all of it. */
  readonly position?: 'axis' | 'all'
}

/** Each form field, for the OpenAPI document. */
export const formFields: readonly FormField[] = fieldNames.map((name) => {
  if (name.startsWith('position')) {
    const description = 'Metres east (x), north (y), up (z) of the fleet origin.'
    return { name, description, position: name === 'position' ? 'all' : 'axis' }
  }
  const field = readingFields.find((candidate) => candidate.name === name)
  return { name, description: field?.description ?? '' }
})
