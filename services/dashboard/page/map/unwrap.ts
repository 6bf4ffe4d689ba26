import type { MultiLineString, MultiPolygon } from 'geojson'

/** What has coordinates, as GeoJSON nests them. */
type Ring = [longitude: number, latitude: number][]

/**
 * A line without leaps at the 180th meridian: it goes on beyond, where the map draws it on the other side.
 * Outlines made for a globe cross the meridian; on a flat map they would run across the whole world.
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

/** An unwrapped ring; one that goes around a pole is closed through the pole. */
export function unwrapRing(ring: readonly (readonly number[])[]): Ring {
  const line = unwrapLine(ring)
  const [first, end] = [line[0], line.at(-1)]
  if (!first || !end || Math.abs(end[0] - first[0]) < 180) return line
  const pole = first[1] < 0 ? -90 : 90
  return [...line, [end[0], pole], [first[0], pole], first]
}

/** The outlines of land, for a flat map. */
export function unwrapLand(land: MultiPolygon): MultiPolygon {
  return {
    type: 'MultiPolygon',
    coordinates: land.coordinates.map((rings) => rings.map(unwrapRing)),
  }
}

/** Lines, for a flat map. */
export function unwrapLines(lines: MultiLineString): MultiLineString {
  return { type: 'MultiLineString', coordinates: lines.coordinates.map(unwrapLine) }
}
