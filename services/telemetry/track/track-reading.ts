import type { Reading } from '../reading/reading.ts'

/** What a track is made of: where a vehicle was at a time, and how it moved. */
export type TrackPoint = Pick<Reading, 'longitude' | 'latitude' | 'speed' | 'heading'> & {
  /** When it was recorded, in microseconds since the Unix epoch. */
  readonly at: number
}

/** A reading without what does not change on the way. */
export type TrackReading = TrackPoint & Pick<Reading, 'altitude' | 'sequence'>
