import type { DeviceMessage } from './format.ts'
import { unreadable } from './json-body.ts'
import { toMessage } from './position.ts'
import { fieldsOf, toDeviceId, toHeading, toKnownNumber, toSpeed, toTimestamp } from './values.ts'

const noLocation =
  'The body has neither the location of Traccar Client nor the position of a Traccar server.'

/** Reads the JSON of Traccar Client 9: `{"location": {…}, "device_id": …}`, one position in a request. */
export function readTraccarClient(value: unknown): readonly DeviceMessage[] {
  const root = fieldsOf(value)
  if (!('location' in root)) return [unreadable(JSON.stringify(value), noLocation)]
  const location = fieldsOf(root['location'])
  const coords = fieldsOf(location['coords'])
  const battery = fieldsOf(location['battery'])
  const position = {
    deviceId: toDeviceId(root['device_id']),
    timestamp: toTimestamp(location['timestamp']),
    latitude: coords['latitude'],
    longitude: coords['longitude'],
    speed: toSpeed(coords['speed'], 'mps'),
    heading: toHeading(coords['heading']),
    altitude: coords['altitude'],
    // Android measures from the ellipsoid, iOS from the sea level.
    altitudeReference: 'unknown' as const,
    metadata: {
      accuracy: toKnownNumber(coords['accuracy']),
      battery: toKnownNumber(battery['level']),
      charging: battery['is_charging'],
      // Values that the app computes when it sends are left out: a repeated request must be equal.
      isMoving: location['is_moving'],
      odometer: location['odometer'],
      event: location['event'],
      mock: location['mock'],
      activity: fieldsOf(location['activity'])['type'],
      extras: location['extras'],
    },
  }
  return [toMessage(position, JSON.stringify(value))]
}
