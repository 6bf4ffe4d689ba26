import { episodesOf } from './episodes.ts'
import type { Episode } from './episodes.ts'
import { plausibleParts } from './plausible-parts.ts'
import type { Stretch } from './stretches.ts'
import { stretchesOf } from './stretches.ts'
import type { TripRules } from './trip-rules.ts'
import type { TripReading } from './trip.ts'

/** A stretch of a track with its trips and stops. */
export type DividedStretch = Stretch<TripReading> & {
  readonly episodes: readonly Episode[]
  /** Whether the vehicle jumped after it, or the track ends. Otherwise it was silent. */
  readonly isPartEnd: boolean
}

/**
 * Divides the readings of one vehicle into trips and stops, in time order. The page and the hours of
 * the reports both use it.
 *
 * @param readings in time order, and by sequence within one instant
 */
export function divideTrack(readings: readonly TripReading[], rules: TripRules): DividedStretch[] {
  return plausibleParts(readings, rules).parts.flatMap((part) => {
    const stretches = stretchesOf(part, rules)
    return stretches.map((stretch, index) => ({
      ...stretch,
      episodes: episodesOf(stretch, rules),
      isPartEnd: index === stretches.length - 1,
    }))
  })
}
