import type { TrackPoint } from '../../../api/history.ts'
import { turnBetween } from '../motion.ts'

/** The place of a vehicle at a past time. */
export type TrackPlace = {
  readonly longitude: number
  readonly latitude: number
  readonly speed: number | null
  readonly heading: number | null
  /** Milliseconds since the last reading; 0 between two joined readings. */
  readonly ageMs: number
}

/** A standing vehicle may appear to move this far. */
const standingRadiusMetres = 30
/** The plausible ratio of the distance between two points to the distance expected from their speeds. */
const plausibleRatio = { min: 0.4, max: 2.5 }
const metresPerDegree = 111_195

/** The index of the last point at or before a time; −1 before the first. Binary search. */
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
 * Interpolates between the readings before and after a time. Within a gap the vehicle stays at its last
 * reading and its age grows. Across the 180th meridian it takes the short way.
 *
 * @param maxGapMs points up to this far apart are always joined
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
    speed: speedBetween(speed, after[3], fraction),
    heading: headingBetween(heading, after[4], fraction),
    ageMs: 0,
  }
}

function speedBetween(from: number | null, to: number | null, fraction: number): number | null {
  return from === null || to === null ? from : from + (to - from) * fraction
}

function headingBetween(from: number | null, to: number | null, fraction: number): number | null {
  if (from === null || to === null) return from
  return (from + turnBetween(from, to) * fraction + 360) % 360
}

/**
 * Whether the movement between two points is unknown. A simplified track omits points on a straight line,
 * so a long time alone is no gap: the vehicle may have stood still or driven straight on.
 */
export function isGap(before: TrackPoint, after: TrackPoint, maxGapMs: number): boolean {
  const milliseconds = after[0] - before[0]
  if (milliseconds <= maxGapMs) return false
  const metres = metresBetween(before, after)
  if (metres <= standingRadiusMetres) return false
  const speed = meanSpeed(before[3], after[3])
  if (speed === null) return true
  const expected = (speed * milliseconds) / 1000
  return metres < expected * plausibleRatio.min || metres > expected * plausibleRatio.max
}

function meanSpeed(before: number | null, after: number | null): number | null {
  return before === null || after === null ? (before ?? after) : (before + after) / 2
}

/** Approximation on a plane, accurate for short distances. */
function metresBetween(a: TrackPoint, b: TrackPoint): number {
  const east = turnBetween(a[1], b[1]) * Math.cos((a[2] * Math.PI) / 180)
  return Math.hypot(east, b[2] - a[2]) * metresPerDegree
}
