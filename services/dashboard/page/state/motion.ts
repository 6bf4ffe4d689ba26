/** Position and heading of an arrow: Mercator coordinates from 0 to 1 for the whole world, and degrees. */
export type Place = { readonly x: number; readonly y: number; readonly heading: number }

/** An arrow's movement between two readings. Times are milliseconds of `performance.now()`. */
export type Leg = {
  readonly from: Place
  readonly to: Place
  readonly start: number
  readonly end: number
}

/** After a longer gap between readings the arrow jumps, because the path in between is unknown. */
const maxGapMs = 15_000
/** The longest duration of a leg: the arrow should reach a reading soon after it arrived. */
const maxLegMs = 1_500
/** A leg takes a little longer than the gap, so that the arrow still moves when the next reading arrives. */
const legStretch = 1.2
/** Over a longer distance the arrow jumps. */
const maxLegMetres = 1_000
const worldCircumferenceMetres = 40_075_016.686

/** WGS-84 degrees to Web Mercator (EPSG:3857), scaled to 0 … 1 for the world, with north at 0. */
export function toMercator(longitude: number, latitude: number): { x: number; y: number } {
  const clamped = Math.min(85.051129, Math.max(-85.051129, latitude))
  const sine = Math.sin((clamped * Math.PI) / 180)
  return {
    x: (longitude + 180) / 360,
    y: 0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI),
  }
}

/** The inverse of `toMercator`. */
export function toDegrees({
  x,
  y,
}: {
  x: number
  y: number
}): [longitude: number, latitude: number] {
  const latitude = (360 / Math.PI) * Math.atan(Math.exp((0.5 - y) * 2 * Math.PI)) - 90
  return [x * 360 - 180, latitude]
}

/** The arrow's place at a time; after the leg it stays at the end. */
export function placeAt(leg: Leg, now: number): Place {
  const fraction = progressOf(leg, now)
  if (fraction >= 1) return leg.to
  return {
    x: leg.from.x + (leg.to.x - leg.from.x) * fraction,
    y: leg.from.y + (leg.to.y - leg.from.y) * fraction,
    heading: interpolateHeading(leg.from.heading, leg.to.heading, fraction),
  }
}

function progressOf({ start, end }: Leg, now: number): number {
  return end > start ? Math.min(1, Math.max(0, (now - start) / (end - start))) : 1
}

/** The shortest rotation from one heading or longitude to another, in degrees: −180 … 180. */
export function turnBetween(from: number, to: number): number {
  return ((((to - from) % 360) + 540) % 360) - 180
}

function interpolateHeading(from: number, to: number, fraction: number): number {
  return (from + turnBetween(from, to) * fraction + 360) % 360
}

/**
 * The leg to a newer reading: from the arrow's current place, in about the time between the two readings.
 * After a long gap or over a long distance the arrow jumps, because the path in between is unknown. The
 * same reading again does not change the leg.
 *
 * @param gapMs time between the two readings
 */
export function nextLeg(
  last: Leg | undefined,
  to: Place,
  { now, gapMs }: { now: number; gapMs: number },
): Leg {
  const jump = { from: to, to, start: now, end: now }
  if (last && gapMs === 0 && isSamePlace(last.to, to)) return last
  if (!last || gapMs <= 0 || gapMs > maxGapMs) return jump
  const from = placeAt(last, now)
  if (Math.hypot(to.x - from.x, to.y - from.y) * worldCircumferenceMetres > maxLegMetres)
    return jump
  return { from, to, start: now, end: now + Math.min(gapMs * legStretch, maxLegMs) }
}

function isSamePlace(a: Place, b: Place): boolean {
  return a.x === b.x && a.y === b.y && a.heading === b.heading
}
