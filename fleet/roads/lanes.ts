import { elementAt } from '../element-at.ts'
import type { Path, PathPoint, Point } from './path.ts'
import { distance, safeSpeedAt, toPath, trimmed } from './path.ts'

/** Metres from a road's centreline to the middle of its right lane. */
const laneOffset = 1.8
/** Metres from the middle of a junction to its stop lines. */
const junctionRadius = 14

/** The right lane along a centreline, from junction to junction. */
export function toLane(centreline: readonly Point[], speedLimit: number): Path {
  const lane = centreline.map((point, at): Point => {
    const [from, to] = [centreline[at - 1] ?? point, centreline[at + 1] ?? point]
    const length = distance(from, to)
    return {
      east: point.east + (laneOffset * (to.north - from.north)) / length,
      north: point.north - (laneOffset * (to.east - from.east)) / length,
    }
  })
  const shape = { spacing: 6, speedLimit, endSpeed: speedLimit }
  return toPath(trimmed(lane, junctionRadius), shape)
}

/** The path across a junction, from the end of one lane to the start of another. */
export function toTurn(lane: Path, exit: Path, speedLimit: number): Path {
  const [from, to] = [elementAt(lane.points, lane.points.length - 1), elementAt(exit.points, 0)]
  return toPath(arc(from, to), { spacing: 1.5, speedLimit, endSpeed: safeSpeedAt(exit, 0) })
}

/**
 * A cubic Bézier curve between two points that follows their headings at both ends. Its handles
 * have the length that approximates a circular arc: 4/3 tan(angle / 4) radii.
 */
function arc(from: PathPoint, to: PathPoint): Point[] {
  const turned = Math.abs(Math.atan2(...sineAndCosine(to.heading - from.heading)))
  const chord = distance(from, to)
  const radius = chord / (2 * Math.sin(Math.max(turned, 0.01) / 2))
  const handle = (4 / 3) * Math.tan(Math.max(turned, 0.01) / 4) * radius
  const leaving = moved(from, handle)
  const reaching = moved(to, -handle)
  return Array.from({ length: 25 }, (_, at) => bezier([from, leaving, reaching, to], at / 24))
}

function sineAndCosine(angle: number): [sine: number, cosine: number] {
  return [Math.sin(angle), Math.cos(angle)]
}

function moved(point: PathPoint, metres: number): Point {
  const [sine, cosine] = sineAndCosine(point.heading)
  return { east: point.east + sine * metres, north: point.north + cosine * metres }
}

type ControlPoints = readonly [Point, Point, Point, Point]

function bezier([a, b, c, d]: ControlPoints, t: number): Point {
  const s = 1 - t
  const [wa, wb, wc, wd] = [s ** 3, 3 * s * s * t, 3 * s * t * t, t ** 3]
  return {
    east: wa * a.east + wb * b.east + wc * c.east + wd * d.east,
    north: wa * a.north + wb * b.north + wc * c.north + wd * d.north,
  }
}
