import { distanceBetween } from './distance.ts'
import type { TimedPlace } from './simplify-track.ts'

/** The parts of a reading that define trips; times in microseconds since the Unix epoch. */
export type TripReading = TimedPlace & { readonly speed: number }

/** A drive between two stops. Times in microseconds, distance in metres, speeds in metres per second. */
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

/** Times in microseconds. */
type Stop = { readonly from: number; readonly to: number; readonly at: TripReading }

export type TripsAndStops = { readonly trips: readonly Trip[]; readonly stops: readonly Stop[] }

const microsPerSecond = 1_000_000
/** Metres per second. A slower vehicle counts as standing, because GNSS noise alone shows such speeds. */
const minMovingSpeed = 0.5
/** Standing for this long ends a trip; a shorter stop can be a traffic light. */
const minStopMicros = 120 * microsPerSecond
/** A trip ends if there is no reading for this long. */
const maxSilenceMicros = 300 * microsPerSecond
/** A shorter movement is not a trip, e.g. a vehicle that changes its parking space. */
const minTripMetres = 50
/** Two positions closer than this count as the same place. */
const samePlaceMetres = 100

type Leg = { readonly kind: 'driving' | 'standing'; readonly readings: TripReading[] }

/**
 * Computes the trips and stops of one vehicle from all its readings. The same readings give the same
 * trips, whatever the order of their arrival.
 *
 * @param readings in time order
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

/** Splits readings wherever two of them are `maxSilenceMicros` or more apart. */
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

/** Splits readings into legs that alternate between driving and standing. */
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

/** A vehicle that was silent and is then in the same place was parked there: returns that stop. */
function stopDuringSilence(
  before: readonly TripReading[] | undefined,
  after: TripReading[],
): Leg[] {
  const [last, first] = [before?.at(-1), after[0]]
  if (last === undefined || first === undefined) return []
  const isSamePlace = distanceBetween(last, first) < samePlaceMetres
  return isSamePlace ? [{ kind: 'standing', readings: [last, first] }] : []
}

/** Makes stops shorter than `minStopMicros` part of the trip around them. */
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

/** A leg shorter than `minTripMetres` counts as standing. */
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

function append(leg: Leg, added: Leg): void {
  for (const reading of added.readings) leg.readings.push(reading)
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

/** Distance driven in metres. Movement between two standing readings is noise and does not count. */
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
