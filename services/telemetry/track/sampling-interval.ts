/** Maximum number of readings per vehicle in a fleet's playback, before simplification. */
const maxReadingsPerVehicle = 2_000
/** Vehicles that report more often than this are always downsampled. */
const minIntervalSeconds = 0.05

/**
 * Returns the downsampling interval of a fleet's tracks, in seconds. Of each vehicle the first reading
 * in each interval is kept, so consecutive readings are up to two intervals apart.
 */
export function samplingIntervalSeconds(spanSeconds: number): number {
  return Math.max(minIntervalSeconds, spanSeconds / maxReadingsPerVehicle)
}
