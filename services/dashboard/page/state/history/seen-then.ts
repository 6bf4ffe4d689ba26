import { samplingIntervalSeconds } from '../../../../telemetry/track/sampling-interval.ts'
import type { AgeLimits } from '../../../../telemetry/track/latest-state.ts'
import type { TrackPoint } from '../../../api/history.ts'
import type { Past } from './past.ts'
import type { PastPlace } from './playback.ts'
import { pastPlaceAt } from './playback.ts'
import type { VehicleActivity } from '../vehicle-activity.ts'
import { stateOf } from '../vehicle-activity.ts'

/**
 * What is seen of a vehicle at the moment that is played.
 *
 * @param points of its track
 * @returns undefined before the first point
 */
export function seenThen(
  past: Past,
  points: readonly TrackPoint[],
  settings: AgeLimits,
): (PastPlace & { readonly state: VehicleActivity }) | undefined {
  const limits = limitsOf(past, settings)
  const place = pastPlaceAt(points, past.time, limits.staleAfterSeconds * 1000)
  return place && { ...place, state: stateOf(place.speed, place.age, limits) }
}

/** A vehicle is not old because the tracks of its fleet have been thinned. */
function limitsOf({ span, vin }: Past, settings: AgeLimits): AgeLimits {
  if (!span || vin !== undefined) return settings
  const apart = 2 * samplingIntervalSeconds((span.to - span.from) / 1000)
  return {
    staleAfterSeconds: Math.max(settings.staleAfterSeconds, apart),
    silentAfterSeconds: Math.max(settings.silentAfterSeconds, apart),
  }
}
