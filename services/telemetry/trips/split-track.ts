import type { TimedPlace } from '../track/simplify-track.ts'
import { episodesOf } from './episodes.ts'
import { isPlausible, plausibleParts } from './plausible-parts.ts'
import type { Stretch } from './stretches.ts'
import { stretchesOf } from './stretches.ts'
import type { TripRules } from './trip-rules.ts'

export type SplitTrack<Reading> = {
  /** No segment is empty. Each reading is in one segment or set aside. */
  readonly segments: readonly (readonly Reading[])[]
  /** Readings to which the vehicle cannot have moved, in time order. */
  readonly setAside: readonly Reading[]
}

/**
 * Splits a track where trips end: where a stop begins, at a silence, and at a jump. The last reading of
 * a trip is the last one of its segment; the readings of the stop begin the next.
 *
 * @param readings in time order, and by sequence within one instant
 */
export function splitTrack<Reading extends TimedPlace>(
  readings: readonly Reading[],
  rules: TripRules,
): SplitTrack<Reading> {
  const { parts, setAside } = plausibleParts(readings, rules)
  const ends = parts.flatMap((part) =>
    stretchesOf(part, rules).flatMap((stretch) => endsOf(stretch, rules)),
  )
  const aside = new Set(setAside)
  const segments: Reading[][] = []
  let segment: Reading[] = []
  let end = 0
  for (const [index, reading] of readings.entries()) {
    const isLastOfInstant = readings[index + 1]?.at !== reading.at
    const previous = segment.at(-1)
    if (!isLastOfInstant && previous && !isPlausible(previous, reading, rules)) aside.add(reading)
    if (aside.has(reading)) continue
    segment.push(reading)
    if (reading !== ends[end]) continue
    segments.push(segment)
    segment = []
    end += 1
  }
  if (segment.length > 0) segments.push(segment)
  return { segments, setAside: readings.filter((reading) => aside.has(reading)) }
}

/** The last reading of each segment of a stretch. */
function endsOf<Reading extends TimedPlace>(
  stretch: Stretch<Reading>,
  rules: TripRules,
): Reading[] {
  const { readings, afterSilence } = stretch
  const tripEnds = episodesOf(stretch, rules).flatMap(({ kind, last }) =>
    kind === 'trip' ? [last] : [],
  )
  const silences = [...afterSilence].map((index) => index - 1)
  const ends = new Set([...tripEnds, ...silences, readings.length - 1])
  return readings.filter((_, index) => ends.has(index))
}
