import { elementAt } from '../element-at.ts'

/** Metres east and north of the town's centre. */
export type Point = { readonly east: number; readonly north: number }

export type PathPoint = Point & {
  /** Radians clockwise from north. It does not wrap at a full circle, so it can be interpolated. */
  readonly heading: number
}

/** The line that a vehicle follows: points at equal distances. */
export type Path = {
  /** Metres. */
  readonly length: number
  /** Metres from one point to the next. */
  readonly spacing: number
  readonly points: readonly PathPoint[]
  /** The maximum comfortable speed at each point, in metres a second. */
  readonly safeSpeeds: Float64Array
}

export type PathShape = {
  /** Metres from one point to the next, at most. */
  readonly spacing: number
  /** Metres a second. */
  readonly speedLimit: number
  /** Maximum speed at the end of the path, in metres a second. */
  readonly endSpeed: number
}

/** In m/s²: what drivers accept in town (AASHTO Green Book, 3.3.2). */
const maxLateralAcceleration = 2
/** Braking before a curve, in m/s². */
const comfortableBraking = 1.5

/** Converts a polyline to a path with equal spacing, headings and the speeds that curves allow. */
export function toPath(polyline: readonly Point[], shape: PathShape): Path {
  const length = lengthOf(polyline)
  const steps = Math.max(2, Math.ceil(length / shape.spacing))
  const spacing = length / steps
  const points = withHeadings(resample(polyline, { steps, spacing }))
  return { length, spacing, points, safeSpeeds: safeSpeedsOf(points, { ...shape, spacing }) }
}

function lengthOf(polyline: readonly Point[]): number {
  let length = 0
  polyline.forEach((point, at) => (length += distance(polyline[at - 1] ?? point, point)))
  return length
}

export function distance(from: Point, to: Point): number {
  return Math.hypot(to.east - from.east, to.north - from.north)
}

/** The point at `fraction` of the line between two points. */
export function pointBetween(from: Point, to: Point, fraction: number): Point {
  return {
    east: from.east + (to.east - from.east) * fraction,
    north: from.north + (to.north - from.north) * fraction,
  }
}

type Steps = { readonly steps: number; readonly spacing: number }

/** `steps + 1` points at equal distances along the polyline, including both ends. */
function resample(polyline: readonly Point[], { steps, spacing }: Steps): Point[] {
  const points: Point[] = []
  let walked = 0
  polyline.forEach((to, at) => {
    const from = polyline[at - 1] ?? to
    const piece = distance(from, to)
    while (points.length < steps && points.length * spacing <= walked + piece) {
      const rest = points.length * spacing - walked
      points.push(pointBetween(from, to, piece === 0 ? 0 : rest / piece))
    }
    walked += piece
  })
  return [...points, elementAt(polyline, polyline.length - 1)]
}

/** The polyline without its first and last `metres`. */
export function trimmed(polyline: readonly Point[], metres: number): Point[] {
  return trimmedStart(trimmedStart(polyline, metres).reverse(), metres).reverse()
}

function trimmedStart(polyline: readonly Point[], metres: number): Point[] {
  let rest = metres
  for (const [at, to] of polyline.entries()) {
    const from = polyline[at - 1] ?? to
    const piece = distance(from, to)
    if (piece > rest) return [pointBetween(from, to, rest / piece), ...polyline.slice(at)]
    rest -= piece
  }
  throw new RangeError(`Cannot trim ${metres} m from a polyline of ${lengthOf(polyline)} m.`)
}

/** Adds to each point the direction from the previous to the next point. */
function withHeadings(points: readonly Point[]): PathPoint[] {
  let before: number | undefined
  return points.map((point, at) => {
    const [from, to] = [points[at - 1] ?? point, points[at + 1] ?? point]
    const direction = Math.atan2(to.east - from.east, to.north - from.north)
    const circles = Math.round((direction - (before ?? direction)) / (2 * Math.PI))
    const heading = direction - circles * 2 * Math.PI
    before = heading
    return { east: point.east, north: point.north, heading }
  })
}

/** Applies the limit, the curvature, and braking for what lies ahead. Runs from the end backwards. */
function safeSpeedsOf(points: readonly PathPoint[], shape: PathShape): Float64Array {
  const speeds = new Float64Array(points.length)
  let ahead = shape.endSpeed
  for (let at = points.length - 1; at >= 0; at -= 1) {
    const [from, to] = [Math.max(at - 1, 0), Math.min(at + 1, points.length - 1)]
    const turned = Math.abs(elementAt(points, to).heading - elementAt(points, from).heading)
    const curvature = turned / ((to - from) * shape.spacing)
    const curveSpeed = Math.sqrt(maxLateralAcceleration / Math.max(curvature, 1e-6))
    ahead = Math.min(shape.speedLimit, curveSpeed, brakingSpeed(ahead, shape.spacing))
    speeds[at] = ahead
  }
  return speeds
}

/** The speed from which comfortable braking over `metres` ends at `endSpeed`. All in m and m/s. */
export function brakingSpeed(endSpeed: number, metres: number): number {
  return Math.sqrt(endSpeed ** 2 + 2 * comfortableBraking * metres)
}

/** The point at `offset` metres from the start, clamped to the ends of the path. */
export function pathAt(path: Path, offset: number): PathPoint {
  const { at, fraction } = placeOn(path, offset)
  const [from, to] = [elementAt(path.points, at), elementAt(path.points, at + 1)]
  const heading = from.heading + (to.heading - from.heading) * fraction
  return { ...pointBetween(from, to, fraction), heading }
}

/** The maximum comfortable speed at `offset` metres, in metres a second. */
export function safeSpeedAt(path: Path, offset: number): number {
  const { at, fraction } = placeOn(path, offset)
  const [from, to] = [path.safeSpeeds[at] ?? 0, path.safeSpeeds[at + 1] ?? 0]
  return from + (to - from) * fraction
}

/** The index of the last point before a place, and the fraction of the way to the next point. */
type Place = { readonly at: number; readonly fraction: number }

function placeOn(path: Path, offset: number): Place {
  const steps = Math.min(Math.max(offset / path.spacing, 0), path.points.length - 1)
  const at = Math.min(Math.floor(steps), path.points.length - 2)
  return { at, fraction: steps - at }
}
