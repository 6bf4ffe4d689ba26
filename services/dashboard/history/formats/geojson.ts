import { toIsoMicroseconds } from '../../../telemetry/time.ts'
import type { TrackReading } from '../../../telemetry/track/track-reading.ts'
import type { LinePoint } from './antimeridian.ts'
import { cutAtAntimeridian } from './antimeridian.ts'
import type { Track } from './track.ts'
import { altitudeReferencesOf } from './track.ts'

type Point = LinePoint & Partial<Pick<TrackReading, 'altitudeReference'>>
type Json = Readonly<Record<string, unknown>>
type ValueOf = (point: Point) => unknown

/**
 * A Feature of RFC 7946 with a line for each continuous part. Times, speeds and headings are
 * properties, arranged like the positions. Beside lines, a part with one reading is in the property
 * `singlePositions`.
 *
 * A third coordinate is a height above the ellipsoid, and all positions need the same number of
 * coordinates (shapely, for example, refuses others). So altitudes are coordinates only if each
 * reading has one above the ellipsoid. Otherwise they are a property.
 */
export function toGeoJson({ vin, name, segments }: Track): string {
  const references = altitudeReferencesOf(segments)
  const hasAltitudes = segments.every((part) => part.every(({ altitude }) => altitude !== null))
  const isSpatial = hasAltitudes && references.join() === 'ellipsoid'
  const lines = segments
    .filter(({ length }) => length > 1)
    .flatMap((part) => cutAtAntimeridian<Point>(part))
  const single = segments.filter(({ length }) => length === 1).flat()
  const positionOf: ValueOf = ({ longitude, latitude, altitude }) =>
    isSpatial ? [longitude, latitude, altitude] : [longitude, latitude]
  const valuesOf = (arrange: (valueOf: ValueOf) => unknown): Json => ({
    coordTimes: arrange(({ at }) => toIsoMicroseconds(at)),
    speeds: arrange(({ speed }) => speed),
    headings: arrange(({ heading }) => heading),
    ...(references.length > 0 && !isSpatial && { altitudes: arrange(({ altitude }) => altitude) }),
    ...(references.length > 1 && {
      altitudeReferences: arrange(({ altitude, altitudeReference }) =>
        altitude === null ? null : (altitudeReference ?? null),
      ),
    }),
  })
  const beside = lines.length > 0 && single.length > 0
  const properties = {
    vin,
    ...(name !== null && { name }),
    ...valuesOf((valueOf) => arrangeMain(lines, single, valueOf)),
    ...(references.length === 1 && { altitudeReference: references[0] }),
    ...(beside && {
      singlePositions: {
        coordinates: single.map(positionOf),
        ...valuesOf((valueOf) => single.map(valueOf)),
      },
    }),
  }
  return JSON.stringify({
    type: 'Feature',
    geometry: toGeometry(lines, single, positionOf),
    properties,
  })
}

function toGeometry(
  lines: readonly (readonly Point[])[],
  single: readonly Point[],
  positionOf: ValueOf,
): Json | null {
  const coordinates = arrangeMain(lines, single, positionOf)
  if (lines.length > 0)
    return { type: lines.length === 1 ? 'LineString' : 'MultiLineString', coordinates }
  const [first, ...others] = single
  if (first === undefined) return null
  return others.length > 0
    ? { type: 'MultiPoint', coordinates }
    : { type: 'Point', coordinates: positionOf(first) }
}

/** The values of a single line or of single positions as an array; those of several lines nested. */
function arrangeMain(
  lines: readonly (readonly Point[])[],
  single: readonly Point[],
  valueOf: ValueOf,
): unknown[] {
  const [line = single, ...others] = lines
  return others.length === 0 ? line.map(valueOf) : lines.map((part) => part.map(valueOf))
}
