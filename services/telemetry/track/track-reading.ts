import type { AltitudeReference } from '../reading/altitude-reference.ts'
import type { Reading } from '../reading/reading.ts'

/** One point of a track: place, time and motion. */
export type TrackPoint = Pick<Reading, 'longitude' | 'latitude' | 'speed' | 'heading'> & {
  /** When it was recorded, in microseconds since the Unix epoch. */
  readonly at: number
}

/** A reading without the fields that are the same along a track. */
export type TrackReading = TrackPoint &
  Pick<Reading, 'altitude' | 'sequence'> & { readonly altitudeReference: AltitudeReference }
