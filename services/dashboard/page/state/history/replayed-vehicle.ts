import { samplingIntervalSeconds } from '../../../../telemetry/track/sampling-interval.ts'
import type { AgeLimits } from '../../../../telemetry/track/latest-state.ts'
import type { TrackPoint } from '../../../api/history.ts'
import type { TrackHistory } from './track-history.ts'
import type { TrackPlace } from './playback.ts'
import { trackPlaceAt } from './playback.ts'
import type { VehicleActivity } from '../vehicle-activity.ts'
import { stateOf } from '../vehicle-activity.ts'

/**
 * Place and state of a vehicle at the playback time.
 *
 * @param points of its track
 * @returns undefined before the first point
 */
export function replayedVehicle(
  trackHistory: TrackHistory,
  points: readonly TrackPoint[],
  settings: AgeLimits,
): (TrackPlace & { readonly state: VehicleActivity }) | undefined {
  const limits = limitsOf(trackHistory, settings)
  const place = trackPlaceAt(points, trackHistory.time, limits.staleAfterSeconds * 1000)
  return place && { ...place, state: stateOf(place.speed, place.ageMs, limits) }
}

/** Downsampled fleet tracks have longer gaps between points, which must not make a vehicle stale. */
function limitsOf({ span, vin }: TrackHistory, settings: AgeLimits): AgeLimits {
  if (!span || vin !== undefined) return settings
  const maxGapSeconds = 2 * samplingIntervalSeconds((span.to - span.from) / 1000)
  return {
    staleAfterSeconds: Math.max(settings.staleAfterSeconds, maxGapSeconds),
    silentAfterSeconds: Math.max(settings.silentAfterSeconds, maxGapSeconds),
  }
}
