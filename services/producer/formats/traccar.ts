import type { DeviceFormat, DeviceMessage, DeviceRequest } from './format.ts'
import { readJson } from './json-body.ts'
import { isJson, readOsmand } from './osmand.ts'
import { toMessage } from './position.ts'
import { readTraccarClient } from './traccar-client.ts'
import type { JsonFields } from './values.ts'
import {
  fieldsOf,
  toDeviceId,
  toHeading,
  toKnownNumber,
  toShare,
  toSpeed,
  toTimestamp,
} from './values.ts'

/**
 * A Traccar server with `forward.type=json`, which passes on the positions of trackers. The apps called
 * Traccar Client may use this path, too: they send what `osmand` reads.
 */
export const traccar: DeviceFormat = {
  name: 'traccar',
  methods: ['GET', 'POST'],
  levelOfPositions: 0,
  read: readTraccar,
  answer: { contentType: 'text/plain', body: '' },
}

function readTraccar(request: DeviceRequest): readonly DeviceMessage[] {
  if (!isJson(request)) return readOsmand(request)
  return readJson(request, traccar.levelOfPositions, (value) => {
    const root = fieldsOf(value)
    return 'position' in root ? [readForwarded(root)] : readTraccarClient(value)
  })
}

/** The server sends 0 if the tracker has reported no accuracy. */
const toAccuracy = (value: unknown): unknown => (value === 0 ? undefined : toKnownNumber(value))

function readForwarded(root: JsonFields): DeviceMessage {
  const position = fieldsOf(root['position'])
  if (position['valid'] === false || position['outdated'] === true)
    return { kind: 'without-position' }
  const attributes = fieldsOf(position['attributes'])
  const read = {
    deviceId: toDeviceId(fieldsOf(root['device'])['uniqueId']),
    timestamp: toTimestamp(position['fixTime']) ?? toTimestamp(position['deviceTime']),
    latitude: position['latitude'],
    longitude: position['longitude'],
    speed: toSpeed(position['speed'], 'knots'),
    heading: toHeading(position['course']),
    altitude: position['altitude'],
    altitudeReference: 'unknown' as const,
    // Values that the server changes between two attempts are left out: ids, its own time, the state of the device.
    metadata: {
      accuracy: toAccuracy(position['accuracy']),
      battery: toShare(attributes['batteryLevel']),
      charging: attributes['charge'],
      protocol: position['protocol'],
      network: position['network'],
      attributes: Object.keys(attributes).length === 0 ? undefined : attributes,
    },
  }
  const { uniqueId, name } = fieldsOf(root['device'])
  return toMessage(read, JSON.stringify({ position, device: { uniqueId, name } }))
}
