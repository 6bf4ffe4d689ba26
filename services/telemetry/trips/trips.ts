import { clipEpisode } from './clip.ts'
import { divideTrack } from './track-episodes.ts'
import type { TripRules } from './trip-rules.ts'
import type { Stop, Trip, TripReading, TripsAndStops, TripSpan } from './trip.ts'

const allTime: TripSpan = { from: -Infinity, to: Infinity }

/**
 * Computes the trips and stops of one vehicle. They depend on the places and times of its readings
 * only, and not on the reported speeds.
 *
 * @param readings in time order, and by sequence within one instant. For the right answer at the
 *   borders of a span, also those around it (`borderMinutes`, the last one before and the first one
 *   after).
 * @param span what lies outside is cut off; without it nothing is
 */
export function tripsOf(
  readings: readonly TripReading[],
  rules: TripRules,
  span: TripSpan = allTime,
): TripsAndStops {
  const trips: Trip[] = []
  const stops: Stop[] = []
  for (const { readings: own, episodes } of divideTrack(readings, rules)) {
    for (const episode of episodes) {
      const clipped = clipEpisode(own, episode, { rules, span })
      if (clipped?.kind === 'trip') trips.push(clipped.trip)
      else if (clipped) stops.push(clipped.stop)
    }
  }
  return { trips, stops }
}
