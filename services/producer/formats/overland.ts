import type { DeviceFormat, DeviceMessage, DeviceRequest } from './format.ts'
import { readJson, unreadable } from './json-body.ts'
import { toMessage } from './position.ts'
import {
  fieldsOf,
  toDeviceId,
  toHeading,
  toKnownNumber,
  toSpeed,
  toTimestamp,
  without,
} from './values.ts'

/**
 * Overland for iOS: a batch of GeoJSON features. `current` and `trip` beside them are ignored, because they
 * repeat positions of a batch with other metadata.
 */
export const overland: DeviceFormat = {
  name: 'overland',
  methods: ['POST'],
  levelOfPositions: 2,
  read: (request) =>
    readJson(request, overland.levelOfPositions, (value) => readBatch(value, request)),
  answer: { contentType: 'application/json', body: '{"result":"ok"}' },
}

function readBatch(value: unknown, { body }: DeviceRequest): readonly DeviceMessage[] {
  const { locations } = fieldsOf(value)
  if (!Array.isArray(locations)) return [unreadable(body, 'The body has no list of locations.')]
  return locations.map(readFeature)
}

/** Fields that are not copied to the metadata: those that `readFeature` converts, and the size of the batch. */
const readNames =
  'timestamp speed course altitude horizontal_accuracy vertical_accuracy battery_level battery_state device_id locations_in_payload'.split(
    ' ',
  )

function readFeature(value: unknown): DeviceMessage {
  const feature = fieldsOf(value)
  const properties = fieldsOf(feature['properties'])
  // Visits, starts of the app and trips are not positions. They can have the same time as a position.
  if ('action' in properties || 'type' in properties) return { kind: 'without-position' }
  const { coordinates } = fieldsOf(feature['geometry'])
  if (!Array.isArray(coordinates))
    return unreadable(JSON.stringify(value), 'The location has no coordinates.')
  const [longitude, latitude] = coordinates as unknown[]
  const position = {
    deviceId: toDeviceId(properties['device_id']),
    timestamp: toTimestamp(properties['timestamp']),
    ...{ latitude, longitude },
    speed: toSpeed(properties['speed'], 'mps'),
    heading: toHeading(properties['course']),
    altitude: properties['altitude'],
    altitudeReference: 'sea-level' as const,
    metadata: {
      ...without(properties, readNames),
      accuracy: toKnownNumber(properties['horizontal_accuracy']),
      verticalAccuracy: toKnownNumber(properties['vertical_accuracy']),
      battery: toKnownNumber(properties['battery_level']),
      charging: chargingOf(properties['battery_state']),
    },
  }
  return toMessage(position, JSON.stringify(value))
}

function chargingOf(state: unknown): boolean | undefined {
  if (state === 'charging' || state === 'full') return true
  return state === 'unplugged' ? false : undefined
}
