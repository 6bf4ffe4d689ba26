/** Readings that a fleet's playback has of each vehicle at most, before it is simplified. */
const mostPerVehicle = 2_000
/** Seconds; what reports faster is thinned in any span. */
const shortest = 0.05

/**
 * How a fleet's tracks are thinned: of each vehicle there is the first reading in every so many seconds.
 * So two that follow each other are up to twice as far apart.
 *
 * @param span seconds
 */
export function samplingIntervalSeconds(span: number): number {
  return Math.max(shortest, span / mostPerVehicle)
}
