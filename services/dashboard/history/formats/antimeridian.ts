import { interpolatePlace } from '../../../telemetry/track/distance.ts'

/** A position of a line. Values that were not reported are null. */
export type LinePoint = {
  /** Microseconds since the Unix epoch. */
  readonly at: number
  readonly longitude: number
  readonly latitude: number
  readonly altitude: number | null
  readonly speed: number | null
  readonly heading: number | null
}

/**
 * Cuts a line where it crosses the 180th meridian (RFC 7946, section 3.1.9). Both parts get a
 * position on the meridian; its place, altitude and time are interpolated.
 *
 * @returns lines of at least two points, or the line itself if it has one point
 */
export function cutAtAntimeridian<Point extends LinePoint>(
  line: readonly Point[],
): (Point | LinePoint)[][] {
  const lines: (Point | LinePoint)[][] = [[]]
  for (const [index, to] of line.entries()) {
    const from = line[index - 1]
    if (from !== undefined && Math.abs(to.longitude - from.longitude) > 180) {
      const side = from.longitude > 0 ? 180 : -180
      const cut = crossing(from, to, side)
      if (from.longitude !== side) lines.at(-1)?.push({ ...cut, longitude: side })
      lines.push(to.longitude === -side ? [] : [{ ...cut, longitude: -side }])
    }
    lines.at(-1)?.push(to)
  }
  // A part with one point touches the meridian only: the part beside it has the same place.
  const cut = lines.filter((part) => part.length > 1)
  return cut.length === 0 ? lines.slice(0, 1) : cut
}

/** The point on the meridian. If a reading is there, the point has the values of the reading. */
function crossing(from: LinePoint, to: LinePoint, side: number): LinePoint {
  if (Math.abs(from.longitude) === 180) return from
  if (Math.abs(to.longitude) === 180) return to
  const east = ((to.longitude - from.longitude + 540) % 360) - 180
  const fraction = (side - from.longitude) / east
  const { latitude } = interpolatePlace(from, to, fraction)
  const altitude =
    from.altitude === null || to.altitude === null
      ? null
      : from.altitude + fraction * (to.altitude - from.altitude)
  const at = Math.round(from.at + fraction * (to.at - from.at))
  return { at, longitude: side, latitude, altitude, speed: null, heading: null }
}
