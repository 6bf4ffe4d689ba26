/** Null where there is nothing to tell of. */
export type Percentiles = { readonly p50: number | null; readonly p99: number | null }

/** By nearest rank: always a value that was there. */
export function toPercentiles(values: readonly number[]): Percentiles {
  const sorted = [...values].sort((left, right) => left - right)
  const at = (fraction: number): number | null =>
    sorted[Math.ceil(fraction * sorted.length) - 1] ?? null
  return { p50: at(0.5), p99: at(0.99) }
}
