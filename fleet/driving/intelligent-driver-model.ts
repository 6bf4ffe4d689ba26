/** The Intelligent Driver Model: Treiber, Hennecke and Helbing, Physical Review E 62 (2000) 1805. */

/** What a driver follows: a vehicle, or a stop line (speed 0). */
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
  readonly timeGapSeconds: number
}

/** Minimum gap between standing vehicles, in metres. */
export const queueGap = 2
const largestAcceleration = 1.5
const comfortableBraking = 2

/** Acceleration in m/s²: equations 3 and 4 of the paper with exponent 4. It has no lower bound. */
export function idmAcceleration(pace: Pace, leader?: Leader): number {
  const { speed, desiredSpeed, timeGapSeconds } = pace
  const free = 1 - (speed / desiredSpeed) ** 4
  if (leader === undefined) return largestAcceleration * free
  const approach = speed * (speed - leader.speed)
  const braking = approach / (2 * Math.sqrt(largestAcceleration * comfortableBraking))
  const desiredGap = queueGap + Math.max(0, speed * timeGapSeconds + braking)
  const gap = Math.max(leader.gap, 0.1)
  return largestAcceleration * (free - (desiredGap / gap) ** 2)
}
