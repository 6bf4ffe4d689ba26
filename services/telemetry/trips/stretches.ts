import { medianOf } from '../median.ts'
import { distanceBetween } from '../track/distance.ts'
import type { TimedPlace } from '../track/simplify-track.ts'
import type { TripRules } from './trip-rules.ts'
import { microsPerSecond } from './trip-rules.ts'

/** Readings of which it is known how the vehicle got from each to the next. */
export type Stretch<Reading extends TimedPlace = TimedPlace> = {
  readonly readings: readonly Reading[]
  /** Indexes of the readings after a silence during which the vehicle was standing. */
  readonly afterSilence: ReadonlySet<number>
}

/** Splits the readings of a part wherever the vehicle was silent and was elsewhere afterwards. */
export function stretchesOf<Reading extends TimedPlace>(
  readings: readonly Reading[],
  rules: TripRules,
): Stretch<Reading>[] {
  const stretches: Stretch<Reading>[] = []
  let first = 0
  let afterSilence = new Set<number>()
  for (let index = 1; index <= readings.length; index += 1) {
    const [previous, reading] = [readings[index - 1], readings[index]]
    const isLast = reading === undefined
    if (!isLast && !endsSilence(readings, index, rules)) continue
    if (!isLast && previous && distanceBetween(previous, reading) < rules.silenceMetres) {
      afterSilence.add(index - first)
      continue
    }
    stretches.push({ readings: readings.slice(first, index), afterSilence })
    first = index
    afterSilence = new Set()
  }
  return stretches
}

function endsSilence(readings: readonly TimedPlace[], index: number, rules: TripRules): boolean {
  const micros = intervalBefore(readings, index)
  if (micros <= rules.silenceMinSeconds * microsPerSecond) return false
  return micros > silenceLimitMicros(readings, index, rules)
}

/**
 * How long the vehicle may be quiet before the reading at `index`: a multiple of its usual interval
 * just before or, at the beginning, just after. A limit made from the whole track would differ
 * between a day and a week.
 */
function silenceLimitMicros(
  readings: readonly TimedPlace[],
  index: number,
  rules: TripRules,
): number {
  const [least, most] = [rules.silenceMinSeconds, rules.silenceMaxSeconds]
  const before = intervalsIn(readings, [index - rules.silenceIntervals, index - 1])
  const isEnough = before.length >= rules.silenceMinIntervals
  const intervals = isEnough
    ? before
    : intervalsIn(readings, [index + 1, index + rules.silenceIntervals])
  if (intervals.length < rules.silenceMinIntervals) return least * microsPerSecond
  const usual = rules.silenceFactor * medianOf(intervals)
  return Math.min(most * microsPerSecond, Math.max(least * microsPerSecond, usual))
}

type Range = readonly [first: number, last: number]

/** The intervals before the readings from `first` to `last`, as far as there are any. */
function intervalsIn(readings: readonly TimedPlace[], [first, last]: Range): number[] {
  const intervals: number[] = []
  const end = Math.min(last, readings.length - 1)
  for (let index = Math.max(1, first); index <= end; index += 1) {
    intervals.push(intervalBefore(readings, index))
  }
  return intervals
}

function intervalBefore(readings: readonly TimedPlace[], index: number): number {
  return (readings[index]?.at ?? 0) - (readings[index - 1]?.at ?? 0)
}
