import type { LogRange } from './ledger.ts'

/**
 * Where the ledgers of a pipeline begin in the first log: at the first record, at the end, or at the
 * offsets that its consumer group has committed.
 */
export type StartPosition = 'earliest' | 'latest' | 'committed'

/**
 * Returns the offset at which the ledger of a partition begins.
 *
 * @param committed what the group has committed. An offset that the partition does not have was
 *   committed in another log, or its record has expired: then the ledger begins at the first record
 */
export function startOffsetOf(
  { low, high }: LogRange,
  start: StartPosition,
  committed: number | undefined,
): number {
  switch (start) {
    case 'earliest':
      return low
    case 'latest':
      return high
    case 'committed':
      return committed !== undefined && committed >= low && committed <= high ? committed : low
    default:
      return start satisfies never
  }
}
