import type { Figure } from '../bench/bench.ts'
import type { BarPlatform } from './bar-platform.ts'

export type Bar = {
  readonly name: string
  readonly about: string
  readonly measure: (context: BarContext) => Promise<Figure[]>
}

export type BarContext = {
  readonly platform: BarPlatform
  /** Progress. */
  readonly say: (text: string) => void
}

/** A figure that should be below a limit. */
export function below(name: string, value: number, limit: Limit): Figure {
  const { most, unit, note } = limit
  const bar = `under ${most} ${unit}`
  return { name, value, unit, bar, met: value < most, ...(note !== undefined && { note }) }
}

type Limit = { readonly most: number; readonly unit: string; readonly note?: string }

/** The value that so much of the values, from 0 to 1, is not above. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.floor((sorted.length - 1) * share)] ?? NaN
}

/** Milliseconds since the Unix epoch, with fractions: the clock of this process and of the pages. */
export const clock = (): number => performance.timeOrigin + performance.now()
