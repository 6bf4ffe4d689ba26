import { distanceBetween, interpolatePlace } from './distance.ts'
import type { Place } from './distance.ts'
import type { PlaceColumns } from './track-columns.ts'

/** A place and its time; any unit of time, but the same for all points of a track. */
export type TimedPlace = Place & { readonly at: number }

/**
 * Tracks are simplified in blocks of this many points; the ends of a block are always kept. This limits
 * the run time for tracks without a straight part, where every split separates a single point.
 */
const maxBlockPoints = 1024

/**
 * Returns the indexes of the points that are needed to know where the vehicle was at any time. Each
 * other point is, at its time, at most `toleranceMetres` from the line between its neighbours. So a
 * stop keeps its duration, which a simplification by shape alone would lose (Meratnia and de By,
 * "Spatiotemporal Compression Techniques for Moving Point Objects", EDBT 2004: top-down time-ratio,
 * after Douglas and Peucker).
 *
 * @param points in time order
 * @returns ascending, with the first and the last index; all of them if the tolerance is 0
 */
export function neededPoints(points: PlaceColumns, toleranceMetres: number): number[] {
  const { length } = points.at
  const needed = new Uint8Array(length)
  if (length < 3 || toleranceMetres <= 0) needed.fill(1)
  else markAll(points, { toleranceMetres, needed })
  const indexes: number[] = []
  for (let index = 0; index < length; index += 1) if (needed[index] === 1) indexes.push(index)
  return indexes
}

/** `neededPoints` of points that are objects. */
export function simplifyTrack<Point extends TimedPlace>(
  points: readonly Point[],
  toleranceMetres: number,
): Point[] {
  const columns = {
    at: Float64Array.from(points, ({ at }) => at),
    longitude: Float64Array.from(points, ({ longitude }) => longitude),
    latitude: Float64Array.from(points, ({ latitude }) => latitude),
  }
  return neededPoints(columns, toleranceMetres).flatMap((index) => points[index] ?? [])
}

type Span = { readonly first: number; readonly last: number }
type Marking = { readonly toleranceMetres: number; readonly needed: Uint8Array }

function markAll(points: PlaceColumns, marking: Marking): void {
  const last = points.at.length - 1
  for (let first = 0; first < last; first += maxBlockPoints) {
    markBlock(points, { first, last: Math.min(first + maxBlockPoints, last) }, marking)
  }
}

function markBlock(points: PlaceColumns, block: Span, { toleranceMetres, needed }: Marking): void {
  needed[block.first] = 1
  needed[block.last] = 1
  const pending: Span[] = [block]
  for (let span = pending.pop(); span !== undefined; span = pending.pop()) {
    const farthest = findFarthest(points, span)
    if (farthest.metres <= toleranceMetres) continue
    needed[farthest.index] = 1
    pending.push(
      { first: span.first, last: farthest.index },
      { first: farthest.index, last: span.last },
    )
  }
}

/** Finds the point that is farthest from its interpolated place on the line between the ends. */
function findFarthest(points: PlaceColumns, { first, last }: Span) {
  const [from, to] = [placeAt(points, first), placeAt(points, last)]
  const duration = to.at - from.at
  let farthest = { index: first, metres: 0 }
  for (let index = first + 1; index < last; index += 1) {
    const point = placeAt(points, index)
    const fraction = duration === 0 ? 0 : (point.at - from.at) / duration
    const metres = distanceBetween(point, interpolatePlace(from, to, fraction))
    if (metres > farthest.metres) farthest = { index, metres }
  }
  return farthest
}

function placeAt({ at, longitude, latitude }: PlaceColumns, index: number): TimedPlace {
  return {
    at: at[index] ?? NaN,
    longitude: longitude[index] ?? NaN,
    latitude: latitude[index] ?? NaN,
  }
}
