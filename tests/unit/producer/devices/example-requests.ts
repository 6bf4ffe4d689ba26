import { noon } from '../../../support/builders.ts'
import type { Sent } from './device-requests.ts'

/** Requests as the apps send them, written by hand from their sources and documentation. */

export const seconds = noon / 1_000_000 - 10
export const iso = '2026-01-31T11:59:50.000Z'
export const place = { latitude: 52.5, longitude: 13.4 }
export const json = { 'content-type': 'application/json' }
export const form = { 'content-type': 'application/x-www-form-urlencoded' }

export const client9 = {
  location: {
    ...{ timestamp: iso, event: 'motionchange', is_moving: true, odometer: 1042.5, uuid: 'a-b' },
    coords: { ...place, accuracy: 4.5, speed: 12.5, heading: 90, altitude: 61.2 },
    battery: { level: 0.82, is_charging: true },
    activity: { type: 'in_vehicle', confidence: 100 },
    extras: {},
  },
  device_id: 'VAN-12',
}
export const forwarded = {
  position: {
    ...{ id: 0, deviceId: 4, protocol: 'teltonika', valid: true, outdated: false, ...place },
    ...{ serverTime: '2026-01-31T11:59:59.000+00:00', deviceTime: iso, fixTime: iso },
    ...{ altitude: 61, speed: 10, course: 90, address: null, accuracy: 0, network: null },
    attributes: { batteryLevel: 82, ignition: true },
  },
  device: { id: 4, uniqueId: '352093081452251', name: 'Van', lastUpdate: iso, status: 'online' },
}
export const located = {
  ...{ _type: 'location', _id: 'f0', lat: 52.5, lon: 13.4, tst: seconds, created_at: seconds + 1 },
  ...{ vel: 36, cog: 90, alt: 61, acc: 5, vac: 3, batt: 82, bs: 2, tid: 'v1', t: 'u', conn: 'm' },
  topic: 'owntracks/ann/VAN-12',
}
export const feature = (
  properties: object = {},
  geometry: object = { coordinates: [13.4, 52.5] },
) => ({
  type: 'Feature',
  geometry: { type: 'Point', ...geometry },
  properties: {
    ...{ timestamp: '2026-01-31T11:59:50Z', altitude: 61, speed: 10, course: 90 },
    ...{ horizontal_accuracy: 5, vertical_accuracy: -1, battery_level: 0.82, wifi: '' },
    ...{ motion: ['driving'], battery_state: 'charging', device_id: 'VAN-12', unique_id: 'u-1' },
    ...properties,
  },
})
export const android8 = `id=VAN-12&timestamp=${seconds}&lat=52.5&lon=13.4&speed=19.438444924406&bearing=90.0&altitude=61.2&accuracy=4.5&batt=82.0&charge=true`
export const osmand = (query: string): Sent => ({ method: 'GET', url: `/devices/osmand?${query}` })
export const required = `id=VAN-12&timestamp=${seconds}&lat=52.5&lon=13.4`
