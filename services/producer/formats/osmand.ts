import type { DeviceFormat, DeviceMessage, DeviceRequest } from './format.ts'
import { readJson, textOf, unreadable } from './json-body.ts'
import { toMessage } from './position.ts'
import { readTraccarClient } from './traccar-client.ts'
import type { JsonFields } from './values.ts'
import {
  toDeviceId,
  toHeading,
  toKnownNumber,
  toShare,
  toSpeed,
  toTimestamp,
  without,
} from './values.ts'

/**
 * The OsmAnd protocol: parameters in the query of a GET or POST, or in a form. Sent by Traccar Client up to 8
 * and from 10 on, OsmAnd, GPSLogger, and a Traccar server with `forward.type=url`. Traccar Client 9 sends
 * JSON to the same address.
 */
export const osmand: DeviceFormat = {
  name: 'osmand',
  methods: ['GET', 'POST'],
  levelOfPositions: 0,
  read: readOsmand,
  answer: { contentType: 'text/plain', body: '' },
}

/** Each parameter costs memory and time. The apps send at most a few dozen. */
const maxParameters = 1_000

export function readOsmand(request: DeviceRequest): readonly DeviceMessage[] {
  if (isJson(request)) return readJson(request, osmand.levelOfPositions, readTraccarClient)
  if (countParameters(request) > maxParameters) return [tooManyParameters(request)]
  const form = textOf(request.body)
  if (form === undefined) return [unreadable(request.body, 'The form is not UTF-8.')]
  const pairs = [...request.query, ...new URLSearchParams(form.trim())]
  if (pairs.length === 0) return [{ kind: 'without-position' }]
  return [readParameters(pairs)]
}

/** Counts before the form is parsed: parsing one of 1 MiB of parameters blocks for seconds. */
function countParameters({ query, body }: DeviceRequest): number {
  let count = query.size + Math.min(body.length, 1)
  for (const byte of body) if (byte === ampersand) count += 1
  return count
}

const ampersand = '&'.charCodeAt(0)

function tooManyParameters({ query, body }: DeviceRequest): DeviceMessage {
  const original = Buffer.concat([Buffer.from(query.size > 0 ? `${query.toString()}&` : ''), body])
  return unreadable(original, `The request has more than ${maxParameters} parameters.`)
}

/** Traccar Client 9 sends the media type of JSON. A body that begins with `{` is JSON too. */
export function isJson({ headers, body }: DeviceRequest): boolean {
  if (/json/i.test(headers['content-type'] ?? '')) return body.length > 0
  return body[0] === '{'.charCodeAt(0)
}

/** Parameters that are a part of the reading. All others are stored in its metadata as text. */
const names = {
  id: ['id', 'deviceid', 'device_id'],
  valid: ['valid'],
  outdated: ['outdated'],
  timestamp: ['timestamp'],
  latitude: ['lat', 'latitude'],
  longitude: ['lon', 'longitude'],
  location: ['location'],
  knots: ['speed'],
  metresPerSecond: ['speed_mps'],
  kmh: ['speed_kmh'],
  heading: ['bearing', 'heading', 'course'],
  altitude: ['altitude'],
  accuracy: ['accuracy'],
  battery: ['batt'],
  charging: ['charge'],
} as const

const knownNames: readonly string[] = Object.values(names).flat()

/** If a parameter is repeated, its first value is used. The query comes before the form. */
function readParameters(pairs: readonly [string, string][]): DeviceMessage {
  const all: JsonFields = Object.fromEntries([...pairs].reverse())
  const of = (name: keyof typeof names): unknown =>
    names[name].map((each) => all[each]).find((value) => value !== undefined)
  if (isFalse(of('valid')) || isTrue(of('outdated'))) return { kind: 'without-position' }
  const location = of('location')
  const [latitude, longitude] = typeof location === 'string' ? location.split(',') : []
  const position = {
    deviceId: toDeviceId(of('id')),
    timestamp: toTimestamp(of('timestamp')),
    latitude: of('latitude') ?? latitude,
    longitude: of('longitude') ?? longitude ?? '',
    speed:
      toSpeed(of('metresPerSecond'), 'mps') ??
      toSpeed(of('kmh'), 'kmh') ??
      toSpeed(of('knots'), 'knots'),
    heading: toHeading(of('heading')),
    altitude: of('altitude'),
    altitudeReference: 'unknown' as const,
    metadata: {
      ...without(all, knownNames),
      accuracy: toKnownNumber(of('accuracy')),
      battery: toShare(of('battery')),
      charging: toFlag(of('charging')),
    },
  }
  return toMessage(position, new URLSearchParams([...pairs]).toString())
}

const isTrue = (value: unknown): boolean => value === 'true' || value === '1'
const isFalse = (value: unknown): boolean => value === 'false' || value === '0'

function toFlag(value: unknown): unknown {
  if (isTrue(value)) return true
  return isFalse(value) ? false : value
}
