import type { LoadPoint, MeasuredCores } from './measured.ts'

/** What arrives at all instances of a service. */
export type Load = { readonly readingsPerSecond: number; readonly requestsPerSecond: number }

/**
 * Cores that `instances` of a service keep busy together under a load that they share evenly. They
 * are at least what the service takes at rest, what as many single readings take as there are
 * requests, and what the readings take in arrays of a hundred. So each measured load gives exactly
 * its measured cores.
 */
export function coresOf(cores: MeasuredCores, load: Load, instances: number): number {
  const { readingsPerSecond, requestsPerSecond } = load
  const [rest] = cores.single
  return (
    instances *
    Math.max(
      rest?.cores ?? 0,
      coresAt(cores.single, requestsPerSecond / instances),
      coresAt(cores.arrays, readingsPerSecond / instances),
    )
  )
}

/**
 * Cores at a rate. Between two measured rates they grow as a power of the rate, which is a line on
 * logarithmic scales. Outside of them they are proportional to the rate.
 */
function coresAt(points: readonly LoadPoint[], rate: number): number {
  const above = points.findIndex((point) => point.rate > rate)
  const [low, high] = [points[above - 1], points[above]]
  if (low !== undefined && high !== undefined) {
    const exponent = Math.log(high.cores / low.cores) / Math.log(high.rate / low.rate)
    return low.cores * (rate / low.rate) ** exponent
  }
  const nearest = above === 0 ? points[0] : points.at(-1)
  return nearest === undefined ? 0 : (nearest.cores * rate) / nearest.rate
}
