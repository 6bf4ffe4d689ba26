/** Readings that a fleet's playback has of each vehicle at most, before it is simplified. */
const maxReadingsPerVehicle = 2_000
/** Seconds; what reports faster is thinned in any span. */
const minIntervalSeconds = 0.05

/**
 * How a fleet's tracks are thinned: of each vehicle there is the first reading in every so many seconds.
 * So two that follow each other are up to twice as far apart.
 *
 * @param spanSeconds seconds
 */
export function samplingIntervalSeconds(spanSeconds: number): number {
  return Math.max(minIntervalSeconds, spanSeconds / maxReadingsPerVehicle)
}
