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

const microsPerSecond = 1_000_000
/** Metres a second below which a vehicle stands: what GNSS noise alone makes. */
const minMovingSpeed = 0.5
/** Standing for this long ends a trip; less is a traffic light. */
const minStopMicros = 120 * microsPerSecond
/** Without a reading for this long nobody knows: a trip ends. */
const maxSilenceMicros = 300 * microsPerSecond
/** Metres below which a movement is none: a vehicle that is parked otherwise. */
const minTripMetres = 50
/** Metres within which a vehicle is where it was. */
const samePlaceMetres = 100

type Leg = { readonly kind: 'driving' | 'standing'; readonly readings: TripReading[] }

/**
 * The trips and stops of one vehicle. Worked out from readings alone and from all of them at once:
 * whatever the order in which they came, the same readings give the same trips.
 *
 * @param readings in the order of their times
 */
export function tripsOf(readings: readonly TripReading[]): TripsAndStops {
  const parts = splitAtSilences(readings)
  const legs = parts.flatMap((part, index) => [
    ...stopDuringSilence(parts[index - 1], part),
    ...mergeShortStops(splitIntoLegs(part)).map(asStandingIfShort),
  ])
  const merged = mergeStops(legs)
  return {
    trips: merged.filter(({ kind }) => kind === 'driving').flatMap((leg) => toTrip(leg) ?? []),
    stops: merged.filter(({ kind }) => kind === 'standing').flatMap((leg) => toStop(leg) ?? []),
  }
}

/** Parts without a long silence between two readings. */
function splitAtSilences(readings: readonly TripReading[]): TripReading[][] {
  const parts: TripReading[][] = []
  let previous: TripReading | undefined
  for (const reading of readings) {
    const isNew = previous === undefined || reading.at - previous.at >= maxSilenceMicros
    if (isNew) parts.push([reading])
    else parts.at(-1)?.push(reading)
    previous = reading
  }
  return parts
}

/** Driving and standing in turns. */
function splitIntoLegs(readings: readonly TripReading[]): Leg[] {
  const legs: Leg[] = []
  for (const reading of readings) {
    const kind = reading.speed < minMovingSpeed ? 'standing' : 'driving'
    const current = legs.at(-1)
    if (current?.kind === kind) current.readings.push(reading)
    else legs.push({ kind, readings: [reading] })
  }
  return legs
}

/** A vehicle that is switched off where it stands: silent, and then in the same place. */
function stopDuringSilence(
  before: readonly TripReading[] | undefined,
  after: TripReading[],
): Leg[] {
  const [last, first] = [before?.at(-1), after[0]]
  if (last === undefined || first === undefined) return []
  const isSamePlace = distanceBetween(last, first) < samePlaceMetres
  return isSamePlace ? [{ kind: 'standing', readings: [last, first] }] : []
}

/** A stop too short to be one belongs to the trip around it. */
function mergeShortStops(legs: readonly Leg[]): Leg[] {
  const merged: Leg[] = []
  for (const leg of legs) {
    const isStop = leg.kind === 'standing' && durationMicrosOf(leg) >= minStopMicros
    const current = merged.at(-1)
    if (!isStop && current?.kind === 'driving') append(current, leg)
    else merged.push({ kind: isStop ? 'standing' : 'driving', readings: [...leg.readings] })
  }
  return merged
}

/** What moves hardly at all stands. */
function asStandingIfShort(leg: Leg): Leg {
  const isTrip = leg.kind === 'driving' && metresDriven(leg.readings) >= minTripMetres
  return isTrip ? leg : { ...leg, kind: 'standing' }
}

function mergeStops(legs: readonly Leg[]): Leg[] {
  const merged: Leg[] = []
  for (const leg of legs) {
    const current = merged.at(-1)
    if (leg.kind === 'standing' && current?.kind === 'standing' && isContinuous(current, leg))
      append(current, leg)
    else merged.push({ kind: leg.kind, readings: [...leg.readings] })
  }
  return merged
}

function isContinuous(earlier: Leg, later: Leg): boolean {
  return (later.readings[0]?.at ?? 0) - (earlier.readings.at(-1)?.at ?? 0) < maxSilenceMicros
}

function append(leg: Leg, more: Leg): void {
  for (const reading of more.readings) leg.readings.push(reading)
}

function durationMicrosOf({ readings }: Leg): number {
  return (readings.at(-1)?.at ?? 0) - (readings[0]?.at ?? 0)
}

function toTrip({ readings }: Leg): Trip | undefined {
  const [start, end] = [readings[0], readings.at(-1)]
  if (start === undefined || end === undefined) return undefined
  const distance = metresDriven(readings)
  const seconds = (end.at - start.at) / microsPerSecond
  return {
    from: start.at,
    to: end.at,
    distance,
    maxSpeed: readings.reduce((highest, { speed }) => Math.max(highest, speed), 0),
    meanSpeed: seconds === 0 ? 0 : distance / seconds,
    start,
    end,
    readings: readings.length,
  }
}

/** Metres driven; what a vehicle seems to move while it stands is noise. */
function metresDriven(readings: readonly TripReading[]): number {
  return readings.slice(1).reduce((sum, reading, index) => {
    const previous = readings[index]
    if (previous === undefined) return sum
    const isStanding = previous.speed < minMovingSpeed && reading.speed < minMovingSpeed
    return isStanding ? sum : sum + distanceBetween(previous, reading)
  }, 0)
}

function toStop(leg: Leg): Stop | undefined {
  const [at, last] = [leg.readings[0], leg.readings.at(-1)]
  if (at === undefined || last === undefined || durationMicrosOf(leg) < minStopMicros)
    return undefined
  return { from: at.at, to: last.at, at }
}
