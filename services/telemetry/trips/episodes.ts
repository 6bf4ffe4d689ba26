import type { Place } from '../track/distance.ts'
import { distanceBetween } from '../track/distance.ts'
import type { TimedPlace } from '../track/simplify-track.ts'
import { findStops, medianPlace } from './find-stops.ts'
import type { StopFound } from './find-stops.ts'
import type { Stretch } from './stretches.ts'
import type { TripRules } from './trip-rules.ts'
import { microsPerSecond } from './trip-rules.ts'

/** A trip or a stop by the indexes of its first and its last reading. Neighbours share a reading. */
export type Episode =
  | { readonly kind: 'trip'; readonly first: number; readonly last: number }
  | ({ readonly kind: 'stop' } & StopFound)

/** Divides a stretch into trips and stops, in time order. */
export function episodesOf(stretch: Stretch, rules: TripRules): Episode[] {
  const { readings } = stretch
  const stops = findStops(stretch, rules)
  const episodes: Episode[] = []
  let first = 0
  let from: StopFound | undefined
  for (const to of stops) {
    const trip = toTrip(readings, { first, last: to.first, places: [from?.place, to.place] }, rules)
    if (trip) episodes.push(trip)
    addStop(episodes, trip ? to : { ...to, first }, rules)
    first = to.last
    from = to
  }
  const rest = { first, last: readings.length - 1, places: [from?.place] }
  const trip = toTrip(readings, rest, rules)
  if (trip) return [...episodes, trip]
  const previous = episodes.at(-1)
  if (previous) return [...episodes.slice(0, -1), { ...previous, last: rest.last }]
  return stopNearOnePlace(readings, rules)
}

/** The readings between two stops, and the places of these stops. */
type Leg = {
  readonly first: number
  readonly last: number
  readonly places: readonly (Place | undefined)[]
}

/**
 * A vehicle that does not get `tripMetres` away from where it started makes no trip. The place of a
 * stop is more precise than a reading. Between two silences there is no stop: then the vehicle must
 * get away from the first reading and from the last, because one of them may be wrong.
 */
function toTrip(
  readings: readonly TimedPlace[],
  { first, last, places }: Leg,
  rules: TripRules,
): Episode | undefined {
  if (first === last) return undefined
  const known = places.filter((place) => place !== undefined)
  const ends = [...known, readings[first], readings[last]].filter((place) => place !== undefined)
  const starts = known.length > 0 ? known.slice(0, 1) : ends
  const inside = readings.slice(first + 1, last)
  const isTrip = starts.every((start) => getsAway(start, { ends, inside }, rules))
  return isTrip ? { kind: 'trip', first, last } : undefined
}

/** As at the end of a stop, a single reading outside is noise, unless it is far away or an end. */
function getsAway(
  start: Place,
  { ends, inside }: { readonly ends: readonly Place[]; readonly inside: readonly Place[] },
  { tripMetres, leaveReadings, leaveAtOnceMetres }: TripRules,
): boolean {
  if (ends.some((end) => distanceBetween(start, end) >= tripMetres)) return true
  let outside = 0
  return inside.some((place) => {
    const metres = distanceBetween(start, place)
    outside = metres >= tripMetres ? outside + 1 : 0
    return outside >= leaveReadings || metres >= Math.max(tripMetres, leaveAtOnceMetres)
  })
}

/** Two stops without a trip between them are one stop, if they are near each other. */
function addStop(episodes: Episode[], stop: StopFound, { tripMetres }: TripRules): void {
  const previous = episodes.at(-1)
  const isSame =
    previous?.kind === 'stop' && distanceBetween(previous.place, stop.place) < tripMetres
  if (isSame) episodes[episodes.length - 1] = { ...previous, last: stop.last }
  else episodes.push({ kind: 'stop', ...stop })
}

/** The readings scatter more than at a stop, but the vehicle went nowhere. */
function stopNearOnePlace(readings: readonly TimedPlace[], rules: TripRules): Episode[] {
  const last = readings.length - 1
  const begin = readings[0]?.at ?? 0
  const stopMicros = rules.stopSeconds * microsPerSecond
  if ((readings[last]?.at ?? 0) - begin < stopMicros) return []
  const place = medianPlace(readings.filter(({ at }) => at - begin <= stopMicros))
  return [{ kind: 'stop', first: 0, last, place }]
}
