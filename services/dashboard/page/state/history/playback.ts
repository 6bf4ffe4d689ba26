import type { TrackPoint } from '../../../api/history.ts'
import { turnBetween } from '../motion.ts'

/** Where a vehicle was at a moment of the past. */
export type TrackPlace = {
  readonly longitude: number
  readonly latitude: number
  readonly speed: number
  readonly heading: number | null
  /** Milliseconds since the reading before the moment. */
  readonly ageMs: number
}

/** Metres that a vehicle may seem to move while it stands. */
const standingRadiusMetres = 30
/** How much the way between two points may differ from what their speeds say. */
const plausibleRatio = { min: 0.4, max: 2.5 }
const metresPerDegree = 111_195

/** The index of the last point at or before a moment; −1 before the first. Binary search. */
export function indexAtOrBefore(points: readonly TrackPoint[], at: number): number {
  let [low, high] = [0, points.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((points[middle]?.[0] ?? Infinity) <= at) low = middle + 1
    else high = middle
  }
  return low - 1
}

/**
 * Where the vehicle was, between the readings before and after the moment. Within a gap it stays where
 * it was last seen and grows old. Across the 180th meridian it goes the short way.
 *
 * @param maxGapMs milliseconds between two points that are joined whatever they say
 * @returns undefined before the first point
 */
export function trackPlaceAt(
  points: readonly TrackPoint[],
  at: number,
  maxGapMs: number,
): TrackPlace | undefined {
  const index = indexAtOrBefore(points, at)
  const before = points[index]
  if (!before) return undefined
  const after = points[index + 1]
  const [time, longitude, latitude, speed, heading] = before
  if (!after || isGap(before, after, maxGapMs)) {
    return { longitude, latitude, speed, heading, ageMs: at - time }
  }
  const fraction = (at - time) / (after[0] - time)
  return {
    longitude: turnBetween(0, longitude + turnBetween(longitude, after[1]) * fraction),
    latitude: latitude + (after[2] - latitude) * fraction,
    speed: speed + (after[3] - speed) * fraction,
    heading: headingBetween(heading, after[4], fraction),
    ageMs: 0,
  }
}

function headingBetween(from: number | null, to: number | null, fraction: number): number | null {
  if (from === null || to === null) return from
  return (from + turnBetween(from, to) * fraction + 360) % 360
}

/**
 * Whether nothing is known of the time between two points. A simplified track leaves out what lies on
 * the line, so that a long time alone means nothing: the vehicle may have stood, or driven straight on.
 */
export function isGap(before: TrackPoint, after: TrackPoint, maxGapMs: number): boolean {
  const milliseconds = after[0] - before[0]
  if (milliseconds <= maxGapMs) return false
  const metres = metresBetween(before, after)
  if (metres <= standingRadiusMetres) return false
  const expected = (((before[3] + after[3]) / 2) * milliseconds) / 1000
  return metres < expected * plausibleRatio.min || metres > expected * plausibleRatio.max
}

/** On a plane that touches the Earth, good for neighbours. */
function metresBetween(a: TrackPoint, b: TrackPoint): number {
  const east = turnBetween(a[1], b[1]) * Math.cos((a[2] * Math.PI) / 180)
  return Math.hypot(east, b[2] - a[2]) * metresPerDegree
}
