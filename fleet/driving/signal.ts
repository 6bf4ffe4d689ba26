import { elementAt } from '../element-at.ts'
import type { Lane } from '../roads/road-network.ts'

/** Seconds of green for each of the two directions, and of red for both after it. */
const green = 22
const allRed = 3
const cycle = 2 * (green + allRed)
/** Seconds by which each junction's cycle runs behind that of the one before. */
const delay = 17

/**
 * Whether a lane's traffic signal is green. North-south and east-west take turns.
 *
 * @param time seconds since the simulation began
 */
export function isGreen(lane: Lane, time: number): boolean {
  const phase = (time + lane.junction * delay) % cycle
  const begin = runsNorthSouth(lane) ? 0 : green + allRed
  return phase >= begin && phase < begin + green
}

function runsNorthSouth({ path }: Lane): boolean {
  const { heading } = elementAt(path.points, path.points.length - 1)
  return Math.abs(Math.cos(heading)) > Math.SQRT1_2
}
