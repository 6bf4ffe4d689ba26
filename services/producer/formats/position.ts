import type { AltitudeReference } from '../../telemetry/reading/altitude-reference.ts'
import { metadataField } from '../../telemetry/reading/fields.ts'
import type { DeviceMessage, ReadingFields } from './format.ts'
import type { JsonFields } from './values.ts'
import { toNumber } from './values.ts'

/** One position in our units. A value that the device does not know is undefined. */
export type DevicePosition = {
  readonly deviceId: string | undefined
  readonly timestamp: unknown
  readonly latitude: unknown
  readonly longitude: unknown
  /** Metres a second. */
  readonly speed: unknown
  readonly heading: unknown
  readonly altitude: unknown
  readonly altitudeReference: AltitudeReference
  readonly metadata: JsonFields
}

/**
 * Converts a position to a message. Without latitude and longitude, the message has no position. The id may be
 * missing: the token can tell the vehicle.
 *
 * @param value what a dead letter keeps
 */
export function toMessage(position: DevicePosition, value: string): DeviceMessage {
  const { deviceId, timestamp } = position
  const [latitude, longitude] = [position.latitude, position.longitude].map(toNumber)
  if (latitude === undefined && longitude === undefined) return { kind: 'without-position' }
  const original = { deviceId, value }
  if (timestamp === undefined) {
    const detail = 'The position has no time. Configure the app to send the time of the position.'
    return { kind: 'refused', refusal: { code: 'missing-timestamp', detail }, original }
  }
  const { speed, heading } = position
  const altitude = toNumber(position.altitude)
  const altitudeReference = altitude === undefined ? undefined : position.altitudeReference
  const fields: ReadingFields = {
    ...(deviceId === undefined ? {} : { vin: deviceId }),
    ...{ timestamp, latitude, longitude, altitude, speed, heading },
    metadata: toMetadata({ ...position.metadata, altitudeReference }),
  }
  return { kind: 'reading', fields, original }
}

/** Null if nothing is known. */
function toMetadata(known: JsonFields): JsonFields | null {
  const entries = Object.entries(known)
  const present = entries.filter(([, value]) => value !== undefined && value !== null)
  return present.length === 0 ? null : Object.fromEntries(leaveOutLargest(present))
}

/** Bytes that are kept free for `leftOut` as JSON, with names of usual length. */
const leftOutBytes = 256
const maxLeftOutNames = 5

/** If the metadata is too large, its largest values are left out, so that the position is not refused. */
function leaveOutLargest(entries: readonly [string, unknown][]): [string, unknown][] {
  const sizes = entries.map((entry) => Buffer.byteLength(JSON.stringify(entry)))
  let total = sizes.reduce((sum, size) => sum + size, 0)
  if (total <= metadataField.maxBytes) return [...entries]
  const left = new Set<number>()
  const bySize = sizes.map((size, index) => ({ size, index })).sort((a, b) => b.size - a.size)
  for (const { size, index } of bySize) {
    if (total <= metadataField.maxBytes - leftOutBytes) break
    left.add(index)
    total -= size
  }
  const names = [...left].map((index) => entries[index]?.[0].slice(0, 40))
  const kept = entries.filter((_, index) => !left.has(index))
  return [...kept, ['leftOut', names.slice(0, maxLeftOutNames)]]
}
