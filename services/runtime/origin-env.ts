import type { GeoPosition } from '../telemetry/track/geo.ts'
import type { EnvironmentReader } from './env.ts'

/** The centre of the fleet, from `PREFIX_LATITUDE`, `PREFIX_LONGITUDE` and `PREFIX_ALTITUDE`. */
export function readOriginEnv(env: EnvironmentReader, prefix: string): GeoPosition {
  return {
    latitude: env.number(`${prefix}_LATITUDE`, 'degrees'),
    longitude: env.number(`${prefix}_LONGITUDE`, 'degrees'),
    altitude: env.number(`${prefix}_ALTITUDE`, 'metres'),
  }
}
