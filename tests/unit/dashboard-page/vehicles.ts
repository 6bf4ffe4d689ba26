import { Session } from '../../../services/dashboard/page/state/session.ts'
import type { View } from '../../../services/dashboard/page/state/view.ts'
import { defaultView } from '../../../services/dashboard/page/state/view.ts'
import type { TrackPoint } from '../../../services/dashboard/api/history.ts'
import type { Vehicle } from '../../../services/dashboard/api/vehicles.ts'

/** 2026-11-21 at noon UTC, milliseconds since the Unix epoch. */
export const noon = Date.UTC(2026, 10, 21, 12)

/** A vehicle's latest reading, recorded at noon. */
export function aVehicle(more: Partial<Vehicle> = {}): Vehicle {
  return {
    vin: 'TEST-1',
    recordedAt: '2026-11-21T12:00:00.000000Z',
    receivedAt: '2026-11-21T12:00:00.020000Z',
    latitude: 37.77,
    longitude: -122.42,
    speed: 10,
    heading: 90,
    altitude: null,
    sequence: 1,
    make: 'Tesla',
    model: 'Model 3',
    metadata: null,
    receipt: '1-0-1',
    gaps: 0,
    ...more,
  }
}

/** One metre in degrees of longitude at the equator. */
export const metre = 1 / 111_195

/** A point of a vehicle that drives east along the equator at 10 m/s; `second` counts from noon. */
export function aPoint(second: number, metres = second * 10, speed = 10): TrackPoint {
  return [noon + second * 1000, metres * metre, 0, speed, 90]
}

/** A session with these fields of the view, and defaults for the others. */
export function aSession(view: Partial<View>): Session {
  const settings = {
    map: {},
    origin: { latitude: 37.77, longitude: -122.42 },
    staleAfterSeconds: 10,
    silentAfterSeconds: 120,
    needsToken: false,
    eventsUrl: 'http://localhost:5000/events',
    ingress: { origins: ['http://192.0.2.7:5000'], isLoopback: false, needsToken: false },
  }
  return new Session(settings, { ...defaultView, ...view })
}
