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
  let start: Place | undefined = readings[0]
  for (const stop of stops) {
    const trip = toTrip(readings, { first, last: stop.first, start, end: stop.place }, rules)
    if (trip) episodes.push(trip)
    addStop(episodes, trip ? stop : { ...stop, first }, rules)
    first = stop.last
    start = stop.place
  }
  const rest = { first, last: readings.length - 1, start, end: undefined }
  const trip = toTrip(readings, rest, rules)
  if (trip) return [...episodes, trip]
  const previous = episodes.at(-1)
  if (previous) return [...episodes.slice(0, -1), { ...previous, last: rest.last }]
  return stopNearOnePlace(readings, rules)
}

/** What lies between two stops. `start` and `end` are their places, or `start` the first reading. */
type Leg = {
  readonly first: number
  readonly last: number
  readonly start: Place | undefined
  readonly end: Place | undefined
}

/** A vehicle that does not get `tripMetres` away from where it started makes no trip. */
function toTrip(
  readings: readonly TimedPlace[],
  { first, last, start, end }: Leg,
  { tripMetres }: TripRules,
): Episode | undefined {
  if (start === undefined || first === last) return undefined
  const isAway = (place: Place | undefined) =>
    place !== undefined && distanceBetween(start, place) >= tripMetres
  for (let index = first + 1; index <= last; index += 1) {
    if (isAway(readings[index])) return { kind: 'trip', first, last }
  }
  return isAway(end) ? { kind: 'trip', first, last } : undefined
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
