import { distanceBetween } from './distance.ts'
import type { Place } from './distance.ts'

/** A place at a time; in any one unit of time. */
export type TimedPlace = Place & { readonly at: number }

/**
 * Points between two that are kept in any case: bounds the time for tracks that have no straight part,
 * where every split takes off a single point.
 */
const maxBlockPoints = 1024

/**
 * The points that are needed to tell where the vehicle was at any time, up to `tolerance` metres: the
 * rest lies, at its time, that near to the line between its neighbours. So a stop stays as long as it
 * was, which a simplification by shape alone would lose (Meratnia and de By, "Spatiotemporal Compression
 * Techniques for Moving Point Objects", EDBT 2004: top-down time-ratio, after Douglas and Peucker).
 *
 * @param points in the order of their times
 * @returns some of them, the first and the last included
 */
export function simplifyTrack<Point extends TimedPlace>(
  points: readonly Point[],
  toleranceMetres: number,
): Point[] {
  if (points.length < 3 || toleranceMetres <= 0) return [...points]
  const keepFlags = new Uint8Array(points.length)
  const last = points.length - 1
  for (let first = 0; first < last; first += maxBlockPoints) {
    markNeededPoints(
      points,
      { first, last: Math.min(first + maxBlockPoints, last) },
      { toleranceMetres: toleranceMetres, keepFlags: keepFlags },
    )
  }
  return points.filter((_, index) => keepFlags[index] === 1)
}

type Span = { readonly first: number; readonly last: number }
type Marking = { readonly toleranceMetres: number; readonly keepFlags: Uint8Array }

function markNeededPoints(
  points: readonly TimedPlace[],
  block: Span,
  { toleranceMetres, keepFlags }: Marking,
): void {
  keepFlags[block.first] = 1
  keepFlags[block.last] = 1
  const pending: Span[] = [block]
  for (let span = pending.pop(); span !== undefined; span = pending.pop()) {
    const farthest = findFarthest(points, span)
    if (farthest.metres <= toleranceMetres) continue
    keepFlags[farthest.index] = 1
    pending.push(
      { first: span.first, last: farthest.index },
      { first: farthest.index, last: span.last },
    )
  }
}

/** The point that is farthest from where the line between the ends has the vehicle at its time. */
function findFarthest(points: readonly TimedPlace[], { first, last }: Span) {
  const [from, to] = [points[first], points[last]]
  let farthest = { index: first, metres: 0 }
  if (from === undefined || to === undefined) return farthest
  const duration = to.at - from.at
  for (let index = first + 1; index < last; index += 1) {
    const point = points[index]
    if (point === undefined) continue
    const fraction = duration === 0 ? 0 : (point.at - from.at) / duration
    const metres = distanceBetween(point, interpolatePlace(from, to, fraction))
    if (metres > farthest.metres) farthest = { index, metres }
  }
  return farthest
}

/** Also across the 180th meridian. */
function interpolatePlace(from: Place, to: Place, fraction: number): Place {
  const east = ((to.longitude - from.longitude + 540) % 360) - 180
  return {
    latitude: from.latitude + fraction * (to.latitude - from.latitude),
    longitude: from.longitude + fraction * east,
  }
}
