import { readingJson } from './http-client.ts'

export const seconds = Math.floor(Date.now() / 1000) - 60
const place = { latitude: 52.5, longitude: 13.4 }
const iso = new Date(seconds * 1000).toISOString()

/** What is sent, as some vehicle. */
export type SentAs = {
  readonly path: string
  readonly method?: 'GET' | 'POST'
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON. */
  readonly body?: object | string
}

const form = { 'content-type': 'application/x-www-form-urlencoded' }
const position = `timestamp=${seconds}&lat=52.5&lon=13.4`
/** The vehicle of the token. */
export const ownVehicle = 'SPOOF-A'
const feature = (second: number, properties: object) => ({
  type: 'Feature',
  geometry: { type: 'Point', coordinates: [13.4, 52.5] },
  properties: { timestamp: new Date((seconds + second) * 1000).toISOString(), ...properties },
})

/** Further places in which a request can name a vehicle, some of them beside the vehicle of the token. */
export const spoofs: Readonly<Record<string, (vin: string) => SentAs>> = {
  'second of an array': (vin) => ({
    path: '/events',
    body: [readingJson(ownVehicle), readingJson(vin)],
  }),
  'second line': (vin) => ({
    path: '/events',
    headers: { 'content-type': 'application/x-ndjson' },
    body: [ownVehicle, vin].map((each) => JSON.stringify(readingJson(each))).join('\n'),
  }),
  'osmand by GET': (vin) => ({ method: 'GET', path: `/devices/osmand?id=${vin}&${position}` }),
  'osmand, form': (vin) => ({
    path: '/devices/osmand',
    headers: form,
    body: `id=${vin}&${position}&speed_mps=9`,
  }),
  'osmand, device_id': (vin) => ({ path: `/devices/osmand?device_id=${vin}&${position}` }),
  'owntracks, X-Limit-D': (vin) => ({
    path: '/devices/owntracks',
    headers: { 'x-limit-d': vin },
    body: { _type: 'location', lat: 52.5, lon: 13.4, tst: seconds, vel: 10 },
  }),
  'second of a batch of overland': (vin) => ({
    path: '/devices/overland',
    body: { locations: [feature(1, { device_id: ownVehicle }), feature(2, { device_id: vin })] },
  }),
}

/** A request of each format. Each place in which a device can name its vehicle has the vin. */
export const formats: Readonly<Record<string, (vin: string) => SentAs>> = {
  'POST /events': (vin) => ({ path: '/events', body: readingJson(vin) }),
  'POST /events with an array': (vin) => ({ path: '/events', body: [readingJson(vin)] }),
  'osmand, query': (vin) => ({
    path: `/devices/osmand?id=${vin}&timestamp=${seconds}&lat=52.5&lon=13.4&speed_mps=1`,
  }),
  'osmand, deviceid': (vin) => ({
    path: `/devices/osmand?deviceid=${vin}&timestamp=${seconds}&lat=52.5&lon=13.4&speed_mps=2`,
  }),
  'Traccar Client 9': (vin) => ({
    path: '/devices/osmand',
    body: { location: { timestamp: iso, coords: { ...place, speed: 3 } }, device_id: vin },
  }),
  traccar: (vin) => ({
    path: '/devices/traccar',
    body: { position: { fixTime: iso, ...place, speed: 4 }, device: { uniqueId: vin } },
  }),
  'owntracks, d in the query': (vin) => ({
    path: `/devices/owntracks?d=${vin}`,
    body: { _type: 'location', lat: 52.5, lon: 13.4, tst: seconds, vel: 5 },
  }),
  'owntracks, topic': (vin) => ({
    path: '/devices/owntracks',
    body: {
      _type: 'location',
      lat: 52.5,
      lon: 13.4,
      tst: seconds,
      vel: 6,
      topic: `owntracks/a/${vin}`,
    },
  }),
  'owntracks, tid': (vin) => ({
    path: '/devices/owntracks',
    body: { _type: 'location', lat: 52.5, lon: 13.4, tst: seconds, vel: 7, tid: vin },
  }),
  overland: (vin) => ({
    path: '/devices/overland',
    body: {
      locations: [
        {
          type: 'Feature',
          geometry: { type: 'Point', coordinates: [13.4, 52.5] },
          properties: { timestamp: iso, speed: 8, device_id: vin },
        },
      ],
    },
  }),
}
