import type { LedgerEntry, LogRange, PartitionLedger } from './ledger.ts'
import { addEntries, emptyEntry, imbalanceOf } from './ledger.ts'

/** The account for people to look at: what became of every offset, partition by partition and in all. */

export type PlacedPartitionLedger = PartitionLedger & {
  readonly logId: number
  readonly partition: number
}

/** Counts of offsets; what is in flight is null where the cluster has not said. */
export type AccountCounts = LedgerEntry & {
  readonly settled: number
  /** In the log, and not settled yet. */
  readonly inFlight: number | null
  /** Settled without saying how: 0, or an alarm. */
  readonly imbalance: number
}

/** `log` is the name of the log's id in the JSON of the dashboard. */
type AccountLine = AccountCounts & { readonly log: number; readonly partition: number }

export type Account = {
  readonly partitions: readonly AccountLine[]
  readonly total: AccountCounts
  readonly isBalanced: boolean
}

/** The log that the topic carries now, and the range of each of its partitions; none where the cluster has not said. */
type CurrentLog = { readonly logId: number | undefined; readonly ranges: readonly LogRange[] }

export function toAccount(ledgers: readonly PlacedPartitionLedger[], current: CurrentLog): Account {
  const partitions = withUnstartedPartitions(ledgers, current).map((ledger) => {
    // A log that has ended has nothing in flight.
    const range = ledger.logId === current.logId ? current.ranges[ledger.partition] : undefined
    const hasEnded = current.logId !== undefined && ledger.logId !== current.logId
    return toLine(ledger, hasEnded ? ledger.nextOffset : range?.high)
  })
  const isKnown = current.logId !== undefined && current.ranges.length > 0
  const initialTotal = { ...emptyCounts, inFlight: isKnown ? 0 : null }
  const total = partitions.reduce<AccountCounts>(addCounts, initialTotal)
  return { partitions, total, isBalanced: partitions.every(({ imbalance }) => imbalance === 0) }
}

/** A partition has no ledger until a consumer has begun it: until then all of it is in flight. */
function withUnstartedPartitions(
  ledgers: readonly PlacedPartitionLedger[],
  { logId, ranges }: CurrentLog,
): PlacedPartitionLedger[] {
  if (logId === undefined) return [...ledgers]
  const currentLedgers = ledgers.filter((ledger) => ledger.logId === logId)
  const startedPartitions = new Set(currentLedgers.map(({ partition }) => partition))
  const unstarted = ranges.flatMap(({ low }, partition) =>
    startedPartitions.has(partition)
      ? []
      : [{ logId, partition, startOffset: low, nextOffset: low, ...emptyEntry }],
  )
  return [...ledgers, ...unstarted].sort(byLogAndPartition)
}

const byLogAndPartition = (left: PlacedPartitionLedger, right: PlacedPartitionLedger): number =>
  left.logId - right.logId || left.partition - right.partition

function toLine(ledger: PlacedPartitionLedger, high: number | undefined): AccountLine {
  const { logId, partition, stored, updated, duplicate, deadLettered, expired, withoutRecord } =
    ledger
  return {
    log: logId,
    partition,
    settled: ledger.nextOffset - ledger.startOffset,
    ...{ stored, updated, duplicate, deadLettered, expired, withoutRecord },
    inFlight: high === undefined ? null : Math.max(0, high - ledger.nextOffset),
    imbalance: imbalanceOf(ledger),
  }
}

const emptyCounts = { settled: 0, ...emptyEntry, imbalance: 0 }

function addCounts(sum: AccountCounts, line: AccountCounts): AccountCounts {
  return {
    settled: sum.settled + line.settled,
    ...addEntries(sum, line),
    inFlight: sum.inFlight === null || line.inFlight === null ? null : sum.inFlight + line.inFlight,
    // What is too much here mends nothing there.
    imbalance: sum.imbalance + Math.abs(line.imbalance),
  }
}
