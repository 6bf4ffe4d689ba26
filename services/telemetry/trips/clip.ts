import type { Place } from '../track/distance.ts'
import { distanceBetween, interpolatePlace } from '../track/distance.ts'
import type { TimedPlace } from '../track/simplify-track.ts'
import type { Episode } from './episodes.ts'
import type { TripRules } from './trip-rules.ts'
import { microsPerSecond } from './trip-rules.ts'
import type { Stop, Trip, TripReading, TripSpan } from './trip.ts'

type ClipOptions = { readonly rules: TripRules; readonly span: TripSpan }
type ClippedEpisode =
  { readonly kind: 'trip'; readonly trip: Trip } | { readonly kind: 'stop'; readonly stop: Stop }

/** Cuts off what lies outside the span. Undefined if nothing is left. */
export function clipEpisode(
  readings: readonly TripReading[],
  episode: Episode,
  { rules, span }: ClipOptions,
): ClippedEpisode | undefined {
  const own = readings.slice(episode.first, episode.last + 1)
  const [begin, end] = [own[0]?.at ?? 0, own.at(-1)?.at ?? 0]
  const clipped = {
    from: Math.max(begin, span.from),
    to: Math.min(end, span.to),
    beganBefore: begin < span.from,
    endsAfter: end > span.to,
  }
  if (clipped.from >= clipped.to) return undefined
  if (episode.kind === 'stop')
    return { kind: 'stop', stop: { ...clipped, at: toShort(episode.place) } }
  return { kind: 'trip', trip: { ...clipped, ...measureTrip(own, clipped, rules) } }
}

/** @param readings all of the trip, also those outside the span */
function measureTrip(
  readings: readonly TripReading[],
  { from, to }: TripSpan,
  rules: TripRules,
): Omit<Trip, 'from' | 'to' | 'beganBefore' | 'endsAfter'> {
  const path = pathOf(readings, rules.pointMetres)
  const distance = metresAt(path, to) - metresAt(path, from)
  const meanSpeed = distance / ((to - from) / microsPerSecond)
  const inside = readings.filter(({ at }) => from <= at && at <= to)
  const maxSpeed = inside.reduce((highest, { speed }) => {
    const isPlausible = speed !== null && speed <= rules.jumpMetresPerSecond
    return isPlausible ? Math.max(highest, speed) : highest
  }, meanSpeed)
  const [start, end] = [placeAt(readings, from), placeAt(readings, to)]
  return { distance, maxSpeed, meanSpeed, start, end, readings: inside.length }
}

/** A time, and the metres driven until then. */
type Milestone = { readonly at: number; readonly metres: number }

/** Nearer points are left out: noise between them would add up to a distance. */
function pathOf(readings: readonly TimedPlace[], pointMetres: number): Milestone[] {
  let [last] = readings
  if (last === undefined) return []
  let metres = 0
  const path: Milestone[] = [{ at: last.at, metres }]
  for (const reading of readings) {
    const leg = distanceBetween(last, reading)
    if (leg < pointMetres) continue
    metres += leg
    last = reading
    path.push({ at: reading.at, metres })
  }
  return path
}

function metresAt(path: readonly Milestone[], at: number): number {
  const { before, after, fraction } = around(path, at)
  return before.metres + fraction * (after.metres - before.metres)
}

function placeAt(readings: readonly TimedPlace[], at: number): Place {
  const { before, after, fraction } = around(readings, at)
  if (fraction === 0) return toPlace(before)
  if (fraction === 1) return toPlace(after)
  return toShort(interpolatePlace(before, after, fraction))
}

/** The neighbours of an instant, and how far it lies between them from 0 to 1. */
function around<Instant extends { readonly at: number }>(instants: readonly Instant[], at: number) {
  let [low, high] = [0, instants.length - 1]
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if ((instants[middle]?.at ?? 0) <= at) low = middle
    else high = middle
  }
  const [before, after] = [instants[low], instants[high]]
  if (before === undefined || after === undefined) throw new Error('A trip has no readings.')
  const micros = after.at - before.at
  const fraction = micros === 0 ? 0 : Math.min(1, Math.max(0, (at - before.at) / micros))
  return { before, after, fraction }
}

const toPlace = ({ latitude, longitude }: Place): Place => ({ latitude, longitude })

/** A computed place with seven decimals, which is a centimetre. */
function toShort({ latitude, longitude }: Place): Place {
  const short = (degrees: number) => Math.round(degrees * 1e7) / 1e7
  return { latitude: short(latitude), longitude: short(((longitude + 540) % 360) - 180) }
}
