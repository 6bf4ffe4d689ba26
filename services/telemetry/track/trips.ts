import { distanceBetween } from './distance.ts'
import type { TimedPlace } from './simplify-track.ts'

/** A reading as far as trips are made of it; times in microseconds since the Unix epoch. */
export type TripReading = TimedPlace & { readonly speed: number }

/** From when a vehicle sets out until it stays; metres, and metres a second. */
type Trip = {
  readonly from: number
  readonly to: number
  readonly distance: number
  readonly maxSpeed: number
  readonly meanSpeed: number
  readonly start: TripReading
  readonly end: TripReading
  readonly readings: number
}

type Stop = { readonly from: number; readonly to: number; readonly at: TripReading }

export type TripsAndStops = { readonly trips: readonly Trip[]; readonly stops: readonly Stop[] }

const second = 1_000_000
/** Metres a second below which a vehicle stands: what GNSS noise alone makes. */
const standingBelow = 0.5
/** Standing for this long ends a trip; less is a traffic light. */
const shortestStop = 120 * second
/** Without a reading for this long nobody knows: a trip ends. */
const longestSilence = 300 * second
/** Metres below which a movement is none: a vehicle that is parked otherwise. */
const shortestTrip = 50
/** Metres within which a vehicle is where it was. */
const samePlace = 100

type Leg = { readonly kind: 'driving' | 'standing'; readonly readings: TripReading[] }

/**
 * The trips and stops of one vehicle. Worked out from readings alone and from all of them at once:
 * whatever the order in which they came, the same readings give the same trips.
 *
 * @param readings in the order of their times
 */
export function tripsOf(readings: readonly TripReading[]): TripsAndStops {
  const parts = withoutSilences(readings)
  const legs = parts.flatMap((part, index) => [
    ...silentStop(parts[index - 1], part),
    ...shortStopsJoined(legsOf(part)).map(withoutNoise),
  ])
  const stays = stopsJoined(legs)
  return {
    trips: stays.filter(({ kind }) => kind === 'driving').flatMap((leg) => toTrip(leg) ?? []),
    stops: stays.filter(({ kind }) => kind === 'standing').flatMap((leg) => toStop(leg) ?? []),
  }
}

/** Parts without a long silence between two readings. */
function withoutSilences(readings: readonly TripReading[]): TripReading[][] {
  const parts: TripReading[][] = []
  let before: TripReading | undefined
  for (const reading of readings) {
    const isNew = before === undefined || reading.at - before.at >= longestSilence
    if (isNew) parts.push([reading])
    else parts.at(-1)?.push(reading)
    before = reading
  }
  return parts
}

/** Driving and standing in turns. */
function legsOf(readings: readonly TripReading[]): Leg[] {
  const legs: Leg[] = []
  for (const reading of readings) {
    const kind = reading.speed < standingBelow ? 'standing' : 'driving'
    const open = legs.at(-1)
    if (open?.kind === kind) open.readings.push(reading)
    else legs.push({ kind, readings: [reading] })
  }
  return legs
}

/** A vehicle that is switched off where it stands: silent, and then in the same place. */
function silentStop(before: readonly TripReading[] | undefined, after: TripReading[]): Leg[] {
  const [last, first] = [before?.at(-1), after[0]]
  if (last === undefined || first === undefined) return []
  const isThere = distanceBetween(last, first) < samePlace
  return isThere ? [{ kind: 'standing', readings: [last, first] }] : []
}

/** A stop too short to be one belongs to the trip around it. */
function shortStopsJoined(legs: readonly Leg[]): Leg[] {
  const joined: Leg[] = []
  for (const leg of legs) {
    const isStop = leg.kind === 'standing' && durationOf(leg) >= shortestStop
    const open = joined.at(-1)
    if (!isStop && open?.kind === 'driving') append(open, leg)
    else joined.push({ kind: isStop ? 'standing' : 'driving', readings: [...leg.readings] })
  }
  return joined
}

/** What moves hardly at all stands. */
function withoutNoise(leg: Leg): Leg {
  const isTrip = leg.kind === 'driving' && lengthOf(leg.readings) >= shortestTrip
  return isTrip ? leg : { ...leg, kind: 'standing' }
}

function stopsJoined(legs: readonly Leg[]): Leg[] {
  const joined: Leg[] = []
  for (const leg of legs) {
    const open = joined.at(-1)
    if (leg.kind === 'standing' && open?.kind === 'standing' && isNext(open, leg)) append(open, leg)
    else joined.push({ kind: leg.kind, readings: [...leg.readings] })
  }
  return joined
}

function isNext(one: Leg, other: Leg): boolean {
  return (other.readings[0]?.at ?? 0) - (one.readings.at(-1)?.at ?? 0) < longestSilence
}

function append(leg: Leg, more: Leg): void {
  for (const reading of more.readings) leg.readings.push(reading)
}

function durationOf({ readings }: Leg): number {
  return (readings.at(-1)?.at ?? 0) - (readings[0]?.at ?? 0)
}

function toTrip({ readings }: Leg): Trip | undefined {
  const [start, end] = [readings[0], readings.at(-1)]
  if (start === undefined || end === undefined) return undefined
  const distance = lengthOf(readings)
  const seconds = (end.at - start.at) / second
  return {
    from: start.at,
    to: end.at,
    distance,
    maxSpeed: readings.reduce((most, { speed }) => Math.max(most, speed), 0),
    meanSpeed: seconds === 0 ? 0 : distance / seconds,
    start,
    end,
    readings: readings.length,
  }
}

/** Metres driven; what a vehicle seems to move while it stands is noise. */
function lengthOf(readings: readonly TripReading[]): number {
  return readings.slice(1).reduce((sum, reading, index) => {
    const before = readings[index]
    if (before === undefined) return sum
    const stands = before.speed < standingBelow && reading.speed < standingBelow
    return stands ? sum : sum + distanceBetween(before, reading)
  }, 0)
}

function toStop(leg: Leg): Stop | undefined {
  const [at, last] = [leg.readings[0], leg.readings.at(-1)]
  if (at === undefined || last === undefined || durationOf(leg) < shortestStop) return undefined
  return { from: at.at, to: last.at, at }
}
