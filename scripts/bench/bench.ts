import type { BenchPlatform } from './bench-platform.ts'

/** What was measured: one line of the table. */
export type Figure = {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** Lowest and highest of the runs whose median `value` is. */
  readonly spread?: readonly [number, number]
  /** What was measured in the same run to hold the value against. */
  readonly limit?: number
  /** What the figure should be, in words; and whether it is. */
  readonly bar?: string
  readonly met?: boolean
  /** What else a reader should know: memory, cores, what bound it. */
  readonly note?: string
}

export type BenchContext = {
  /** Records of a run. */
  readonly records: number
  readonly isQuick: boolean
  /** Runs of which the median counts. */
  readonly runs: number
  readonly signal: AbortSignal
  /** Progress. */
  readonly printProgress: (text: string) => void
  /** A platform whose servers run, with settings of the benchmark's. */
  readonly open: (...settings: readonly string[]) => Promise<BenchPlatform>
  /** Where it is measured what the user's own command does. */
  readonly configFile: string
  readonly settings: readonly string[]
}

export type Bench = {
  readonly name: string
  readonly description: string
  readonly measure: (context: BenchContext) => Promise<Figure[]>
}

/** The value that so much of the values, from 0 to 1, is not above; NaN where there are none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.floor((sorted.length - 1) * share)] ?? NaN
}

/** The middle one of several; of an even number the lower of the two. */
export const median = (values: readonly number[]): number => quantile(values, 0.5)

type Limit = { readonly most: number; readonly unit: string; readonly note?: string }

/** A figure that should be below a limit. */
export function below(name: string, value: number, { most, unit, note }: Limit): Figure {
  const bar = `under ${most} ${unit}`
  return { name, value, unit, bar, met: value < most, ...(note !== undefined && { note }) }
}

/** The median of runs, with how far they are apart. */
export function medianWithSpread(
  values: readonly number[],
): Required<Pick<Figure, 'value' | 'spread'>> {
  return { value: median(values), spread: [Math.min(...values), Math.max(...values)] }
}
