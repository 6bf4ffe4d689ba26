import { dirname } from 'node:path'
import { makePath } from '../../services/runtime/process/make-path.mjs'
import { replaceFile } from '../../services/runtime/process/replace-file.ts'
import type { GeoPosition } from '../../services/telemetry/track/geo.ts'
import { localToGeo } from '../../services/telemetry/track/geo.ts'
import type { Point } from './path.ts'
import type { Road, TownSize } from './town.ts'
import { planTown } from './town.ts'

/** Decimals of a degree: about 0.01 m. */
const decimals = 7

/**
 * The roads of a town as GeoJSON: one line per road with its kind and its speed limit in m/s.
 *
 * @param origin the centre of the town
 */
export function roadsGeoJson(size: TownSize, origin: GeoPosition) {
  return {
    type: 'FeatureCollection',
    features: planTown(size).roads.map((road) => toFeature(road, origin)),
  }
}

function toFeature({ kind, speedLimit, centreline }: Road, origin: GeoPosition) {
  const coordinates = centreline.map((point) => toPosition(point, origin))
  const geometry = { type: 'LineString', coordinates }
  return { type: 'Feature', geometry, properties: { kind, speedLimit } }
}

function toPosition({ east, north }: Point, origin: GeoPosition): [number, number] {
  const { longitude, latitude } = localToGeo({ east, north, up: 0 }, origin)
  return [Number(longitude.toFixed(decimals)), Number(latitude.toFixed(decimals))]
}

/** Writes the roads to a file in one step. */
export function writeRoads(file: string, size: TownSize, origin: GeoPosition): void {
  makePath(dirname(file))
  replaceFile(file, JSON.stringify(roadsGeoJson(size, origin)), 0o644)
}
