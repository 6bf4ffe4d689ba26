import type { TrackPoint } from '../../../api/history.ts'
import { turnBetween } from '../motion.ts'

/** Where a vehicle was at a moment of the past. */
export type PastPlace = {
  readonly longitude: number
  readonly latitude: number
  readonly speed: number
  readonly heading: number | null
  /** Milliseconds since the reading before the moment. */
  readonly age: number
}

/** Metres that a vehicle may seem to move while it stands. */
const standingWithin = 30
/** How much the way between two points may differ from what their speeds say. */
const believable = { least: 0.4, most: 2.5 }
const metresPerDegree = 111_195

/** The index of the last point at or before a moment; −1 before the first. Binary search. */
export function pointBefore(points: readonly TrackPoint[], at: number): number {
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
 * @param longestGap milliseconds between two points that are joined whatever they say
 * @returns undefined before the first point
 */
export function pastPlaceAt(
  points: readonly TrackPoint[],
  at: number,
  longestGap: number,
): PastPlace | undefined {
  const index = pointBefore(points, at)
  const before = points[index]
  if (!before) return undefined
  const after = points[index + 1]
  const [time, longitude, latitude, speed, heading] = before
  if (!after || isGap(before, after, longestGap)) {
    return { longitude, latitude, speed, heading, age: at - time }
  }
  const part = (at - time) / (after[0] - time)
  return {
    longitude: turnBetween(0, longitude + turnBetween(longitude, after[1]) * part),
    latitude: latitude + (after[2] - latitude) * part,
    speed: speed + (after[3] - speed) * part,
    heading: headingBetween(heading, after[4], part),
    age: 0,
  }
}

function headingBetween(from: number | null, to: number | null, part: number): number | null {
  if (from === null || to === null) return from
  return (from + turnBetween(from, to) * part + 360) % 360
}

/**
 * Whether nothing is known of the time between two points. A simplified track leaves out what lies on
 * the line, so that a long time alone means nothing: the vehicle may have stood, or driven straight on.
 */
export function isGap(before: TrackPoint, after: TrackPoint, longestGap: number): boolean {
  const milliseconds = after[0] - before[0]
  if (milliseconds <= longestGap) return false
  const metres = metresBetween(before, after)
  if (metres <= standingWithin) return false
  const expected = (((before[3] + after[3]) / 2) * milliseconds) / 1000
  return metres < expected * believable.least || metres > expected * believable.most
}

/** On a plane that touches the Earth, good for neighbours. */
function metresBetween(a: TrackPoint, b: TrackPoint): number {
  const east = turnBetween(a[1], b[1]) * Math.cos((a[2] * Math.PI) / 180)
  return Math.hypot(east, b[2] - a[2]) * metresPerDegree
}
