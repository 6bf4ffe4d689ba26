import { distanceBetween, interpolatePlace } from './distance.ts'
import type { Place } from './distance.ts'

/** A place and its time; any unit of time, but the same for all points of a track. */
export type TimedPlace = Place & { readonly at: number }

/**
 * Tracks are simplified in blocks of this many points; the ends of a block are always kept. This limits
 * the run time for tracks without a straight part, where every split separates a single point.
 */
const maxBlockPoints = 1024

/**
 * Keeps the points that are needed to know where the vehicle was at any time. Each removed point is,
 * at its time, at most `toleranceMetres` from the line between its neighbours. So a stop keeps its
 * duration, which a simplification by shape alone would lose (Meratnia and de By, "Spatiotemporal
 * Compression Techniques for Moving Point Objects", EDBT 2004: top-down time-ratio, after Douglas and
 * Peucker).
 *
 * @param points in time order
 * @returns a subset of the points that includes the first and the last
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
      { toleranceMetres, keepFlags },
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

/** Finds the point that is farthest from its interpolated place on the line between the ends. */
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
