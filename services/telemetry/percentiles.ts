/** Null if there are no values. */
export type Percentiles = { readonly p50: number | null; readonly p99: number | null }

/** Nearest-rank method: each result is one of the given values. */
export function toPercentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((left, right) => left - right)
  const valueAt = (fraction: number): number | null =>
    sorted[Math.ceil(fraction * sorted.length) - 1] ?? null
  return { p50: valueAt(0.5), p99: valueAt(0.99) }
}
