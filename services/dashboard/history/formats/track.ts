import type { AltitudeReference } from '../../../telemetry/reading/altitude-reference.ts'
import type { TrackReading } from '../../../telemetry/track/track-reading.ts'

/** The track of one vehicle in a span of time. */
export type Track = {
  readonly vin: string
  /** The name of the vehicle's device; null if it has none. */
  readonly name: string | null
  /** All readings, in time order. */
  readonly readings: readonly TrackReading[]
  /** The readings of each line: split where trips end, without false positions. None is empty. */
  readonly segments: readonly (readonly TrackReading[])[]
}

/** The references of the altitudes that occur in a track; empty without altitudes. */
export function altitudeReferencesOf(segments: Track['segments']): AltitudeReference[] {
  const references = segments
    .flat()
    .flatMap(({ altitude, altitudeReference }) => (altitude === null ? [] : [altitudeReference]))
  return [...new Set(references)]
}
