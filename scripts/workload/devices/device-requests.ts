/** A position of a device, in whole seconds as apps send them. */
export type DevicePosition = {
  readonly id: string
  readonly token: string
  /** Seconds since the Unix epoch. */
  readonly seconds: number
  /** Degrees. */
  readonly latitude: number
  readonly longitude: number
}

export type DeviceRequest = {
  readonly method: 'GET' | 'POST'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
}

const json = { 'content-type': 'application/json' }
const form = { 'content-type': 'application/x-www-form-urlencoded' }
const bearer = (token: string) => ({ authorization: `Bearer ${token}` })
const basic = (user: string, password: string) => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
})
const isoOf = (seconds: number) => new Date(seconds * 1_000).toISOString()

/** A request of each app, with the token where the app sends it. Each is one position. */
export const deviceRequests: Readonly<Record<string, (position: DevicePosition) => DeviceRequest>> =
  {
    'own JSON': ({ id, token, seconds, ...place }) => ({
      ...{ method: 'POST', path: '/events', headers: { ...json, ...bearer(token) } },
      body: JSON.stringify({ vin: id, timestamp: seconds, ...place, speed: 5, sequence: 0 }),
    }),
    'Traccar Client 8': (position) => ({
      ...{ method: 'POST', headers: {} },
      path: `/devices/osmand/${position.token}?${parametersOf(position)}&speed=9.7192`,
    }),
    'Traccar Client 9': ({ id, token, seconds, ...place }) => ({
      ...{ method: 'POST', path: `/devices/osmand/${token}`, headers: json },
      body: JSON.stringify({
        location: { timestamp: isoOf(seconds), coords: { ...place, speed: 5, heading: -1 } },
        device_id: id,
      }),
    }),
    'Traccar Client 10': (position) => ({
      ...{ method: 'POST', path: `/devices/osmand/${position.token}`, headers: form },
      body: `${parametersOf(position)}&speed=9.72`,
    }),
    OsmAnd: (position) => ({
      ...{ method: 'GET', headers: {} },
      path: `/devices/osmand?token=${position.token}&${parametersOf({ ...position, seconds: position.seconds * 1_000 })}&speed_mps=5`,
    }),
    GPSLogger: ({ token, ...position }) => ({
      ...{ method: 'GET', headers: basic('any', token) },
      path: `/devices/osmand?${parametersOf(position)}&speed_mps=5`,
    }),
    'Traccar forward.type=url': ({ token, ...position }) => ({
      ...{ method: 'GET', headers: bearer(token) },
      path: `/devices/osmand?${parametersOf({ ...position, seconds: position.seconds * 1_000 })}&speed=9.72&valid=true`,
    }),
    'Traccar forward.type=json': ({ id, token, seconds, ...place }) => ({
      ...{ method: 'POST', path: '/devices/traccar', headers: { ...json, ...bearer(token) } },
      body: JSON.stringify({
        position: { id: 0, fixTime: isoOf(seconds), valid: true, ...place, speed: 9.72 },
        device: { uniqueId: id },
      }),
    }),
    OwnTracks: ({ id, token, seconds, latitude: lat, longitude: lon }) => ({
      ...{
        method: 'POST',
        path: '/devices/owntracks',
        headers: { ...json, ...basic('any', token) },
      },
      body: JSON.stringify({
        _type: 'location',
        lat,
        lon,
        tst: seconds,
        vel: 18,
        topic: `owntracks/any/${id}`,
      }),
    }),
    Overland: ({ id, token, seconds, latitude, longitude }) => ({
      ...{ method: 'POST', path: '/devices/overland', headers: { ...json, ...bearer(token) } },
      body: JSON.stringify({
        locations: [
          {
            type: 'Feature',
            geometry: { type: 'Point', coordinates: [longitude, latitude] },
            properties: { timestamp: isoOf(seconds), speed: 5, course: -1, device_id: id },
          },
        ],
      }),
    }),
  }

function parametersOf({ id, seconds, latitude, longitude }: Omit<DevicePosition, 'token'>): string {
  return new URLSearchParams({
    ...{ id, timestamp: String(seconds) },
    ...{ lat: String(latitude), lon: String(longitude) },
  }).toString()
}
