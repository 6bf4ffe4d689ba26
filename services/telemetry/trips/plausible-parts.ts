import { distanceBetween } from '../track/distance.ts'
import type { TimedPlace } from '../track/simplify-track.ts'
import type { TripRules } from './trip-rules.ts'
import { microsPerSecond } from './trip-rules.ts'

export type PlausibleParts<Reading> = {
  /** Between two parts the vehicle jumped: what lies between them is not known. */
  readonly parts: readonly (readonly Reading[])[]
  /** Readings too far away to be true, in time order. */
  readonly setAside: readonly Reading[]
}

type JumpRules = Pick<TripRules, 'jumpMetres' | 'jumpMetresPerSecond' | 'jumpReadings'>

/** Whether the vehicle can have got from one place to the other in the time between them. */
export function isPlausible(from: TimedPlace, to: TimedPlace, rules: JumpRules): boolean {
  const seconds = (to.at - from.at) / microsPerSecond
  return distanceBetween(from, to) <= rules.jumpMetres + rules.jumpMetresPerSecond * seconds
}

/**
 * Sets the readings aside to which the vehicle cannot have moved. If `jumpReadings` of them follow
 * each other and are plausible to each other, they begin a new part. If fewer readings than that came
 * before the first new part, those are set aside instead.
 *
 * @param readings in time order; of several at one instant only the last counts
 */
export function plausibleParts<Reading extends TimedPlace>(
  readings: readonly Reading[],
  rules: JumpRules,
): PlausibleParts<Reading> {
  const parts: Reading[][] = []
  const setAside: Reading[] = []
  let part: Reading[] = []
  let doubtful: Reading[] = []
  for (const [index, reading] of readings.entries()) {
    if (readings[index + 1]?.at === reading.at) continue
    const last = part.at(-1)
    if (last === undefined || isPlausible(last, reading, rules)) {
      part.push(reading)
      setAside.push(...doubtful)
      doubtful = []
      continue
    }
    if (!doubtful.every((earlier) => isPlausible(earlier, reading, rules))) {
      setAside.push(...doubtful)
      doubtful = []
    }
    doubtful.push(reading)
    if (doubtful.length < rules.jumpReadings) continue
    if (part.length < rules.jumpReadings) setAside.push(...part)
    else parts.push(part)
    part = doubtful
    doubtful = []
  }
  if (part.length > 0) parts.push(part)
  return { parts, setAside: [...setAside, ...doubtful] }
}
