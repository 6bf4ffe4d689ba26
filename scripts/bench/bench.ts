import type { BenchPlatform } from './bench-platform.ts'

/** One measured figure: one row of the table. */
export type Figure = {
  readonly name: string
  readonly value: number
  readonly unit: string
  /** Lowest and highest value of the runs; `value` is the median. */
  readonly spread?: readonly [number, number]
  /** The limit line: a value measured in the same run for comparison. */
  readonly limit?: number
  /** The target of the figure as text, and whether it is met. */
  readonly bar?: string
  readonly met?: boolean
  /** Further facts for the reader: memory, cores, the bottleneck. */
  readonly note?: string
}

export type BenchContext = {
  /** Records per run. */
  readonly records: number
  readonly isQuick: boolean
  /** Number of runs; the median counts. */
  readonly runs: number
  /** Number of pairs of runs, if the user gave one. */
  readonly pairs: number | undefined
  /** Keys of a large table, if the user gave a number. */
  readonly keys: number | undefined
  /** Files in the archive, if the user gave a number. */
  readonly archived: number | undefined
  readonly signal: AbortSignal
  /** Prints a line of progress. */
  readonly printProgress: (text: string) => void
  /** Starts the servers of a platform with the settings of the benchmark. */
  readonly open: (...settings: readonly string[]) => Promise<BenchPlatform>
  /** Configuration file of commands that are measured as a user runs them. */
  readonly configFile: string
  readonly settings: readonly string[]
}

export type Bench = {
  readonly name: string
  readonly description: string
  readonly measure: (context: BenchContext) => Promise<Figure[]>
}

/** The quantile of values, `share` from 0 to 1; NaN without values. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.floor((sorted.length - 1) * share)] ?? NaN
}

/** The median; for an even number of values the lower of the two middle ones. */
export const median = (values: readonly number[]): number => quantile(values, 0.5)

type Limit = { readonly most: number; readonly unit: string; readonly note?: string }

/** A figure that should be below a limit. */
export function below(name: string, value: number, { most, unit, note }: Limit): Figure {
  const bar = `under ${most} ${unit}`
  return { name, value, unit, bar, met: value < most, ...(note !== undefined && { note }) }
}

/** The median of runs, with the lowest and highest value. */
export function medianWithSpread(
  values: readonly number[],
): Required<Pick<Figure, 'value' | 'spread'>> {
  return { value: median(values), spread: [Math.min(...values), Math.max(...values)] }
}
