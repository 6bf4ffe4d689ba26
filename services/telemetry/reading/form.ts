import { readingFields } from './fields.ts'
import type { GeoPosition } from '../track/geo.ts'
import { localToGeo } from '../track/geo.ts'
import type { ParsedReading, TimeWindow } from './reading.ts'
import { parseReading } from './parse-reading.ts'

/** The form body of existing Python fleets: metres around an origin in place of degrees. */

/** Each digit has one place to go: a pattern that could split them would take time without end. */
const decimal = /^[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?$/
const axes = ['position_x', 'position_y', 'position_z'] as const
const fieldNames = ['timestamp', 'vin', 'make', 'model', 'speed', 'position', ...axes]

/**
 * One reading from the pairs of a form body.
 *
 * @param pairs name and value in the order of the body; `position` may come three times
 * @param origin where the positions' metres east, north and up are counted from
 * @param window against what the time is judged
 */
export function parseForm(
  pairs: Iterable<readonly [string, string]>,
  origin: GeoPosition,
  window: TimeWindow,
): ParsedReading {
  const values = new Map<string, string[]>()
  for (const [name, value] of pairs) {
    if (!fieldNames.includes(name)) return refused('unknown-field', unknownField(name))
    const all = values.get(name)
    if (all) all.push(value)
    else values.set(name, [value])
  }
  for (const [name, all] of values) {
    const allowed = name === 'position' ? 3 : 1
    if (all.length !== allowed) {
      return refused('wrong-type', `${name} comes ${all.length} times, ${allowed} expected.`)
    }
  }
  const position = readPosition(values)
  if (position === undefined) return refused('missing-field', positionExpected)
  const bad = position.find((text) => !decimal.test(text))
  if (bad !== undefined) {
    return refused('wrong-type', `position ${JSON.stringify(bad.slice(0, 40))} is not a number.`)
  }
  const metres = position.map(Number) as [number, number, number]
  if (!metres.every(Number.isFinite)) return refused('not-finite', 'position is not finite.')
  const [east, north, up] = metres
  const text = (name: string): string | undefined => values.get(name)?.[0]
  const { latitude, longitude, altitude } = localToGeo({ east, north, up }, origin)
  const reading = {
    vin: text('vin'),
    timestamp: toNumber(text('timestamp')),
    latitude,
    longitude,
    altitude,
    speed: toNumber(text('speed')),
    make: text('make'),
    model: text('model'),
  }
  return parseReading(reading, window)
}

const positionExpected =
  'The position is missing: position_x, position_y and position_z, or position three times, in metres.'

function readPosition(values: ReadonlyMap<string, string[]>): string[] | undefined {
  const repeated = values.get('position')
  const named = axes.flatMap((axis) => values.get(axis) ?? [])
  if (repeated !== undefined) return named.length === 0 ? repeated : undefined
  return named.length === 3 ? named : undefined
}

/** A decimal text as a number; anything else stays as it is, for the reading's parser to name. */
function toNumber(text: string | undefined): string | number | undefined {
  return text !== undefined && decimal.test(text) ? Number(text) : text
}

function unknownField(name: string): string {
  const known = fieldNames.join(', ')
  return `There is no form field ${JSON.stringify(name.slice(0, 40))}; known: ${known}.`
}

function refused(
  code: 'unknown-field' | 'missing-field' | 'wrong-type' | 'not-finite',
  detail: string,
): ParsedReading {
  return { ok: false, refusal: { code, detail } }
}

/** The form's fields for documents: name and description. */
export const formFields = fieldNames.map((name) => ({
  name,
  description: name.startsWith('position')
    ? 'Metres east (x), north (y), up (z) of the fleet origin.'
    : (readingFields.find((field) => field.name === name)?.description ?? ''),
}))
