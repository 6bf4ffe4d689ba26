import type { Micros, Millis } from '../time.ts'
import { clipEpisode } from '../trips/clip.ts'
import type { DividedStretch } from '../trips/track-episodes.ts'
import { divideTrack } from '../trips/track-episodes.ts'
import type { TripRules } from '../trips/trip-rules.ts'
import type { TripReading, TripSpan } from '../trips/trip.ts'
import { microsPerHour } from './hours.ts'

/** What one vehicle did in one hour. */
export type VehicleHour = {
  /** Driven on trips. An integer, so that sums are exact. */
  readonly distanceMillimetres: number
  readonly drivingMs: Millis
  /** At stops. Neither driving nor idle: what lies between two trips with a silence between them. */
  readonly idleMs: Millis
  /** Metres per second; null without a trip. Never less than the mean speed. */
  readonly maxSpeed: number | null
  readonly meanSpeed: number | null
  /** All readings with a time in the hour, also those that are set aside. */
  readonly readings: number
  /** Silences that begin in the hour. */
  readonly gaps: number
  /** Trips that end in the hour with a stop, or with a silence until the end of what was read. */
  readonly stops: number
}

/**
 * Computes an hour by the trips and stops of the page.
 *
 * @param readings in time order, and by sequence within one instant; those of the hour and of
 *   `borderMinutes` before and after it, see `readSpanOf`
 * @param from the beginning of the hour
 * @returns undefined if there is nothing to say about the hour
 */
export function vehicleHourOf(
  readings: readonly TripReading[],
  rules: TripRules,
  from: Micros,
): VehicleHour | undefined {
  const hour = { from, to: from + microsPerHour }
  const stretches = divideTrack(readings, rules)
  const count = countWithin(readings, hour)
  const { drivingMicros, idleMicros, metres, maxSpeed } = totalsOf(stretches, rules, hour)
  if (count === 0 && drivingMicros === 0 && idleMicros === 0) return undefined
  return {
    distanceMillimetres: Math.round(metres * 1000),
    drivingMs: Math.floor(drivingMicros / 1000),
    idleMs: Math.floor(idleMicros / 1000),
    maxSpeed: drivingMicros === 0 ? null : maxSpeed,
    meanSpeed: drivingMicros === 0 ? null : (metres * 1e6) / drivingMicros,
    readings: count,
    gaps: countGaps(stretches, hour),
    stops: countStops(stretches, hour),
  }
}

function totalsOf(stretches: readonly DividedStretch[], rules: TripRules, span: TripSpan) {
  const totals = { drivingMicros: 0, idleMicros: 0, metres: 0, maxSpeed: 0 }
  for (const { readings, episodes } of stretches) {
    for (const episode of episodes) {
      const clipped = clipEpisode(readings, episode, { rules, span })
      if (clipped?.kind === 'stop') totals.idleMicros += clipped.stop.to - clipped.stop.from
      if (clipped?.kind !== 'trip') continue
      totals.drivingMicros += clipped.trip.to - clipped.trip.from
      totals.metres += clipped.trip.distance
      totals.maxSpeed = Math.max(totals.maxSpeed, clipped.trip.maxSpeed)
    }
  }
  return totals
}

const isWithin = (at: Micros, { from, to }: TripSpan) => from <= at && at < to

function countWithin(readings: readonly TripReading[], span: TripSpan): number {
  let count = 0
  for (const { at } of readings) if (isWithin(at, span)) count += 1
  return count
}

/**
 * The last reading of a stretch is followed by a silence, unless the vehicle jumped. Also the last of
 * all, because the readings of `borderMinutes` after the hour were read.
 */
function countGaps(stretches: readonly DividedStretch[], span: TripSpan): number {
  const begins = stretches.flatMap(({ readings, afterSilence, isPartEnd }, index) => {
    const isFollowedByJump = isPartEnd && index < stretches.length - 1
    const lasts = [...afterSilence].map((after) => after - 1)
    if (!isFollowedByJump) lasts.push(readings.length - 1)
    return lasts.map((last) => readings[last]?.at ?? NaN)
  })
  return begins.filter((at) => isWithin(at, span)).length
}

/** A trip that another trip follows ended with a silence or a jump, not with a stop. */
function countStops(stretches: readonly DividedStretch[], span: TripSpan): number {
  const episodes = stretches.flatMap(({ readings, episodes: own }) =>
    own.map(({ kind, last }) => ({ kind, end: readings[last]?.at ?? NaN })),
  )
  return episodes.filter(
    ({ kind, end }, index) =>
      kind === 'trip' && isWithin(end, span) && episodes[index + 1]?.kind !== 'trip',
  ).length
}
