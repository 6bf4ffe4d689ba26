import { medianOf } from '../../services/telemetry/median.ts'

/** A time without a fix. */
export type Gap = {
  /** Index of the first fix after it. */
  readonly before: number
  /** From the start of the drive to the start of the gap. */
  readonly afterMicros: number
  readonly durationMicros: number
}

const minGapMicros = 60_000_000
/** A gap is this many times as long as the usual interval between two fixes. */
const usualIntervals = 3

/**
 * The intervals between two fixes that are longer than a minute and longer than three times the
 * median interval.
 *
 * @param fixes in ascending order of their times
 */
export function gapsOf(fixes: readonly { readonly recordedAt: number }[]): Gap[] {
  const times = fixes.map(({ recordedAt }) => recordedAt)
  const start = times[0] ?? 0
  const intervals = times.slice(1).map((time, index) => time - (times[index] ?? time))
  const limit = Math.max(
    minGapMicros,
    usualIntervals * medianOf(intervals.filter((interval) => interval > 0)),
  )
  return intervals.flatMap((durationMicros, index) => {
    const afterMicros = (times[index] ?? start) - start
    return durationMicros > limit ? [{ before: index + 1, afterMicros, durationMicros }] : []
  })
}
