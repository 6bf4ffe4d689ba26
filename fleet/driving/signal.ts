import { elementAt } from '../element-at.ts'
import type { Lane } from '../roads/road-network.ts'

/** Each of the two directions has green, then both have red. */
const greenSeconds = 22
const allRedSeconds = 3
const cycleSeconds = 2 * (greenSeconds + allRedSeconds)
/** The cycle of each junction starts this much later than that of the previous junction. */
const junctionDelaySeconds = 17

/**
 * Whether a lane's traffic signal is green. North-south and east-west take turns.
 *
 * @param time seconds since the simulation began
 */
export function isGreen(lane: Lane, time: number): boolean {
  const phase = (time + lane.junction * junctionDelaySeconds) % cycleSeconds
  const begin = runsNorthSouth(lane) ? 0 : greenSeconds + allRedSeconds
  return phase >= begin && phase < begin + greenSeconds
}

function runsNorthSouth({ path }: Lane): boolean {
  const { heading } = elementAt(path.points, path.points.length - 1)
  return Math.abs(Math.cos(heading)) > Math.SQRT1_2
}
