import type { Reading } from './reading.ts'

/** What a track is made of: a reading without what does not change on the way. */
export type TrackReading = Pick<
  Reading,
  'longitude' | 'latitude' | 'speed' | 'heading' | 'altitude' | 'sequence'
> & {
  /** When it was recorded, in microseconds since the Unix epoch. */
  readonly at: number
}
