import type { GeoPosition } from '../../services/telemetry/track/geo.ts'
import { localToGeo } from '../../services/telemetry/track/geo.ts'
import { elementAt } from '../element-at.ts'
import type { Random } from '../random.ts'
import { gaussian } from '../random.ts'
import { pathAt } from '../roads/path.ts'
import type { RoadNetwork } from '../roads/road-network.ts'
import type { DrivingState } from './vehicle.ts'

/** How far a receiver is off, in metres; changes slowly, as satellites and atmosphere do. */
export type GnssError = { readonly east: number; readonly north: number; readonly up: number }

/** What the receiver reports, in the units of `readingFields` and no finer than it measures. */
export type Observation = {
  readonly latitude: number
  readonly longitude: number
  readonly altitude: number
  readonly speed: number
  readonly heading: number
}

/** Metres of standard deviation: one axis of the horizontal, and the vertical. */
const deviation = { east: 0.7, north: 0.7, up: 1.5 }
/** Seconds after which an error has forgotten 63 % of itself. */
const correlationTime = 120
const degreesPerRadian = 180 / Math.PI

export function firstGnssError(random: Random): GnssError {
  return laterGnssError({ east: 0, north: 0, up: 0 }, Infinity, random)
}

/**
 * The error `dt` seconds later: a first-order Gauss-Markov process (Gelb, Applied Optimal
 * Estimation, 3.8), so that it moves by 0.1 m in a second and consecutive fixes agree.
 */
export function laterGnssError(error: GnssError, dt: number, random: Random): GnssError {
  const kept = Math.exp(-dt / correlationTime)
  const fresh = Math.sqrt(1 - kept ** 2)
  return {
    east: kept * error.east + fresh * deviation.east * gaussian(random),
    north: kept * error.north + fresh * deviation.north * gaussian(random),
    up: kept * error.up + fresh * deviation.up * gaussian(random),
  }
}

export type Receiver = {
  readonly network: RoadNetwork
  /** Where the town's centre is. */
  readonly origin: GeoPosition
  readonly error: GnssError
}

/**
 * A vehicle's state as its receiver sees it. Speed and heading come from Doppler shifts, whose
 * errors of centimetres a second are left out.
 */
export function observe(state: DrivingState, { network, origin, error }: Receiver): Observation {
  const point = pathAt(elementAt(network.segments, state.segment).path, state.offset)
  const [east, north] = [point.east + error.east, point.north + error.north]
  const up = network.elevationAt(point) + error.up
  const { latitude, longitude, altitude } = localToGeo({ east, north, up }, origin)
  return {
    latitude: rounded(latitude, 1e7),
    longitude: rounded(longitude, 1e7),
    altitude: rounded(altitude, 1e2),
    speed: rounded(state.speed, 1e3),
    heading: toHeading(point.heading),
  }
}

/** Radians, however many circles, as degrees in [0, 360) with two digits. */
function toHeading(radians: number): number {
  const hundredths = Math.round(radians * degreesPerRadian * 100) % 36_000
  return (hundredths < 0 ? hundredths + 36_000 : Math.abs(hundredths)) / 100
}

function rounded(value: number, unitsPerOne: number): number {
  return Math.round(value * unitsPerOne) / unitsPerOne
}
