import type { Place } from '../track/distance.ts'
import { distanceBetween } from '../track/distance.ts'
import type { TimedPlace } from '../track/simplify-track.ts'
import type { Stretch } from './stretches.ts'
import { medianOf } from '../median.ts'
import type { TripRules } from './trip-rules.ts'
import { microsPerSecond } from './trip-rules.ts'

/** Indexes of the first and the last reading of a stop, and where the vehicle stood. */
export type StopFound = { readonly first: number; readonly last: number; readonly place: Place }

/** Finds the stops of a stretch, in time order. The last reading of one may be the first of the next. */
export function findStops(stretch: Stretch, rules: TripRules): StopFound[] {
  const beginning = new StopBeginning(stretch, rules)
  const stops: StopFound[] = []
  let index = 0
  while (index < stretch.readings.length - 1) {
    const surelyLast = beginning.after(index)
    if (surelyLast === undefined) index += 1
    else {
      const place = medianPlace(stretch.readings.slice(index, surelyLast + 1))
      const last = findLast(stretch.readings, { surelyLast, place }, rules)
      stops.push({ first: index, last, place })
      index = last
    }
  }
  return stops
}

/**
 * Tells where a stop begins: the vehicle stays near one place for `stopSeconds`, or is silent there.
 * To be asked for the readings in ascending order.
 */
class StopBeginning {
  readonly #stretch: Stretch
  readonly #rules: TripRules
  /** The first reading that is `stopSeconds` later. */
  #end = 0
  /** A reading that was too far away; it is likely too far away from the next reading too. */
  #tooFar = 0

  constructor(stretch: Stretch, rules: TripRules) {
    this.#stretch = stretch
    this.#rules = rules
  }

  /** Returns the reading up to which the vehicle stands for certain; undefined if it does not stand. */
  after(first: number): number | undefined {
    if (this.#stretch.afterSilence.has(first + 1)) return first + 1
    this.#moveEnd(first)
    if (this.#end === this.#stretch.readings.length) return undefined
    if (this.#tooFar > first && this.#isFar(this.#tooFar, first)) return undefined
    // From the end, because the farthest readings are likely there.
    for (let index = this.#end; index > first; index -= 1) {
      if (this.#isFar(index, first)) {
        this.#tooFar = index
        return undefined
      }
    }
    return this.#end
  }

  #moveEnd(first: number): void {
    const { readings } = this.#stretch
    const until = (readings[first]?.at ?? 0) + this.#rules.stopSeconds * microsPerSecond
    while (this.#end < readings.length && (readings[this.#end]?.at ?? 0) < until) this.#end += 1
  }

  #isFar(index: number, first: number): boolean {
    const [from, to] = [this.#stretch.readings[first], this.#stretch.readings[index]]
    return (
      from !== undefined && to !== undefined && distanceBetween(from, to) > this.#rules.stopMetres
    )
  }
}

type Standing = { readonly surelyLast: number; readonly place: Place }

/** Returns the last reading of a stop. A single reading outside is noise, unless it is far away. */
function findLast(
  readings: readonly TimedPlace[],
  { surelyLast, place }: Standing,
  rules: TripRules,
): number {
  const metresTo = (index: number) => {
    const reading = readings[index]
    return reading === undefined ? 0 : distanceBetween(place, reading)
  }
  let last = surelyLast
  let outside = 0
  for (let index = surelyLast + 1; index < readings.length; index += 1) {
    const metres = metresTo(index)
    if (metres <= rules.leaveMetres) {
      outside = 0
      last = index
      continue
    }
    outside += 1
    if (outside < rules.leaveReadings && metres < rules.leaveAtOnceMetres) continue
    // The trip begins where the vehicle moved off, not where it crossed the limit.
    while (
      last > surelyLast &&
      metresTo(last) > rules.stopMetres &&
      metresTo(last - 1) < metresTo(last)
    ) {
      last -= 1
    }
    return last
  }
  return readings.length - 1
}

/** The median of latitudes and of longitudes. Across the 180th meridian the longitude may be above 180. */
export function medianPlace(readings: readonly Place[]): Place {
  const [first] = readings
  if (first === undefined) throw new Error('No readings, so no median place.')
  const east = ({ longitude }: Place) => ((longitude - first.longitude + 540) % 360) - 180
  return {
    latitude: medianOf(readings.map(({ latitude }) => latitude)),
    longitude: first.longitude + medianOf(readings.map(east)),
  }
}
