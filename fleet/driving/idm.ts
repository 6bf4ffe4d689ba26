/** The Intelligent Driver Model: Treiber, Hennecke and Helbing, Physical Review E 62 (2000) 1805. */

/** What a driver follows: a vehicle, or a stop line that stands still. */
export type Leader = {
  /** Metres from bumper to bumper. */
  readonly gap: number
  /** Metres a second. */
  readonly speed: number
}

export type Pace = {
  /** Metres a second. */
  readonly speed: number
  /** Metres a second on a free road. */
  readonly desiredSpeed: number
  /** Seconds to the vehicle ahead. */
  readonly timeGap: number
}

/** Metres that stay free in a queue. */
export const queueGap = 2
const largestAcceleration = 1.5
const comfortableBraking = 2

/** Metres a second squared, equations 3 and 4 of the paper with the exponent 4; not bounded below. */
export function idmAcceleration(pace: Pace, leader?: Leader): number {
  const { speed, desiredSpeed, timeGap } = pace
  const free = 1 - (speed / desiredSpeed) ** 4
  if (leader === undefined) return largestAcceleration * free
  const approach = speed * (speed - leader.speed)
  const braking = approach / (2 * Math.sqrt(largestAcceleration * comfortableBraking))
  const desiredGap = queueGap + Math.max(0, speed * timeGap + braking)
  const gap = Math.max(leader.gap, 0.1)
  return largestAcceleration * (free - (desiredGap / gap) ** 2)
}
