import type { DeviceFormat, DeviceMessage, DeviceRequest } from './format.ts'
import { readJson, unreadable } from './json-body.ts'
import { toMessage } from './position.ts'
import type { JsonFields } from './values.ts'
import {
  fieldsOf,
  toDeviceId,
  toHeading,
  toKnownNumber,
  toShare,
  toSpeed,
  toTimestamp,
  without,
} from './values.ts'

/** OwnTracks in its HTTP mode: one message of JSON in a request. Only `_type: location` has a position. */
export const owntracks: DeviceFormat = {
  name: 'owntracks',
  methods: ['POST'],
  levelOfPositions: 0,
  read: (request) =>
    readJson(request, owntracks.levelOfPositions, (value) => [readMessage(value, request)]),
  // The app expects a list of messages for it.
  answer: { contentType: 'application/json', body: '[]' },
}

/** Fields that are not copied to the metadata: those that are converted, and those about the message itself. */
const readNames = '_type lat lon tst vel cog alt acc vac batt bs _id created_at'.split(' ')

function readMessage(value: unknown, request: DeviceRequest): DeviceMessage {
  const message = fieldsOf(value)
  if (typeof message['_type'] !== 'string')
    return unreadable(request.body, 'The message has no _type. Use the HTTP mode of OwnTracks.')
  if (message['_type'] !== 'location') return { kind: 'without-position' }
  const position = {
    deviceId: deviceIdOf(message, request),
    timestamp: toTimestamp(message['tst']),
    latitude: message['lat'],
    longitude: message['lon'],
    speed: toSpeed(message['vel'], 'kmh'),
    heading: toHeading(message['cog']),
    altitude: message['alt'],
    // The documentation of OwnTracks says sea level, but Android measures from the ellipsoid.
    altitudeReference: 'unknown' as const,
    metadata: {
      ...without(message, readNames),
      accuracy: toKnownNumber(message['acc']),
      verticalAccuracy: toKnownNumber(message['vac']),
      battery: toShare(message['batt']),
      charging: chargingOf(message['bs']),
    },
  }
  return toMessage(position, JSON.stringify(value))
}

/** From the settings (header or query); then the last level of the topic; then `tid`, the two letters on the map. */
function deviceIdOf(message: JsonFields, { headers, query }: DeviceRequest): string | undefined {
  const topic = message['topic']
  const lastLevel = typeof topic === 'string' ? topic.split('/').at(-1) : undefined
  const candidates = [headers['x-limit-d'], query.get('d'), lastLevel, message['tid']]
  return candidates.map(toDeviceId).find((id) => id !== undefined)
}

/** 0 = unknown, 1 = unplugged, 2 = charging, 3 = full. */
function chargingOf(status: unknown): boolean | undefined {
  if (status === 1) return false
  return status === 2 || status === 3 ? true : undefined
}
