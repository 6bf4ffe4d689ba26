import type { MultiLineString, MultiPolygon } from 'geojson'

/** A line or ring of coordinates, as in GeoJSON. */
type Ring = [longitude: number, latitude: number][]

/**
 * Removes jumps at the 180th meridian: the line continues with longitudes beyond ±180°, which the map
 * draws on the other side. Otherwise a line across the meridian would cross the whole flat map.
 */
export function unwrapLine(line: readonly (readonly number[])[]): Ring {
  let worldOffset = 0
  let last: number | undefined
  return line.map(([longitude = 0, latitude = 0]) => {
    if (last !== undefined && Math.abs(longitude - last) > 180)
      worldOffset += longitude < last ? 1 : -1
    last = longitude
    return [longitude + worldOffset * 360, latitude]
  })
}

/** Unwraps a ring. A ring around a pole is closed through the pole. */
export function unwrapRing(ring: readonly (readonly number[])[]): Ring {
  const line = unwrapLine(ring)
  const [first, end] = [line[0], line.at(-1)]
  if (!first || !end || Math.abs(end[0] - first[0]) < 180) return line
  const pole = first[1] < 0 ? -90 : 90
  return [...line, [end[0], pole], [first[0], pole], first]
}

/** Unwraps the outlines of land for a flat map. */
export function unwrapLand(land: MultiPolygon): MultiPolygon {
  return {
    type: 'MultiPolygon',
    coordinates: land.coordinates.map((rings) => rings.map(unwrapRing)),
  }
}

/** Unwraps lines for a flat map. */
export function unwrapLines(lines: MultiLineString): MultiLineString {
  return { type: 'MultiLineString', coordinates: lines.coordinates.map(unwrapLine) }
}
