import type { GeoPosition } from '../../services/telemetry/track/geo.ts'
import { localToGeo } from '../../services/telemetry/track/geo.ts'
import { elementAt } from '../element-at.ts'
import type { Random } from '../random.ts'
import { gaussian } from '../random.ts'
import { pathAt } from '../roads/path.ts'
import type { RoadNetwork } from '../roads/road-network.ts'
import type { DrivingState } from './vehicle.ts'

/** The position error of a receiver, in metres. It changes slowly, like satellites and atmosphere. */
export type GnssError = { readonly east: number; readonly north: number; readonly up: number }

/** What the receiver reports, in the units of `readingFields`, rounded to its precision. */
export type Observation = {
  readonly latitude: number
  readonly longitude: number
  readonly altitude: number
  readonly speed: number
  readonly heading: number
}

/** Standard deviation per axis, in metres. */
const deviation = { east: 0.7, north: 0.7, up: 1.5 }
/** Time constant of the error: after it, the autocorrelation is 1/e (37 %). */
const correlationSeconds = 120
const degreesPerRadian = 180 / Math.PI

export function firstGnssError(random: Random): GnssError {
  return laterGnssError({ east: 0, north: 0, up: 0 }, Infinity, random)
}

/**
 * The error `dt` seconds later: a first-order Gauss-Markov process (Gelb, Applied Optimal
 * Estimation, 3.8). It moves by about 0.1 m in a second, so consecutive fixes agree.
 */
export function laterGnssError(error: GnssError, dt: number, random: Random): GnssError {
  const correlation = Math.exp(-dt / correlationSeconds)
  const noise = Math.sqrt(1 - correlation ** 2)
  return {
    east: correlation * error.east + noise * deviation.east * gaussian(random),
    north: correlation * error.north + noise * deviation.north * gaussian(random),
    up: correlation * error.up + noise * deviation.up * gaussian(random),
  }
}

export type Receiver = {
  readonly network: RoadNetwork
  /** Position of the town's centre. */
  readonly origin: GeoPosition
  readonly error: GnssError
}

/**
 * What a vehicle's receiver measures. Speed and heading come from Doppler shifts; their errors of
 * centimetres a second are not simulated.
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

/** Converts radians (any number of full circles) to degrees in [0, 360) with two decimals. */
function toHeading(radians: number): number {
  const hundredths = Math.round(radians * degreesPerRadian * 100) % 36_000
  return (hundredths < 0 ? hundredths + 36_000 : Math.abs(hundredths)) / 100
}

function rounded(value: number, unitsPerOne: number): number {
  return Math.round(value * unitsPerOne) / unitsPerOne
}
