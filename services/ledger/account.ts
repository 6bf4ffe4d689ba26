import type { LedgerEntry, LogRange, PartitionLedger } from './ledger.ts'
import { addEntries, emptyEntry, imbalanceOf } from './ledger.ts'

/** The account that status pages show: what became of every offset, for each partition and in total. */

/** A ledger with its log and partition. */
export type LedgerOfPartition = PartitionLedger & {
  readonly logId: number
  readonly partition: number
}

/** Counts of offsets. */
export type AccountCounts = LedgerEntry & {
  readonly settled: number
  /** In the log but not settled yet; null if Kafka has not reported the end of the log. */
  readonly inFlight: number | null
  /** Settled offsets without a recorded outcome. Any value but 0 is an error. */
  readonly imbalance: number
}

/** The dashboard's JSON calls the log id `log`. */
type PartitionAccount = AccountCounts & { readonly log: number; readonly partition: number }

export type Account = {
  readonly partitions: readonly PartitionAccount[]
  readonly total: AccountCounts
  readonly isBalanced: boolean
}

/** The topic's current log and the offset range of each partition; empty if Kafka has not reported them. */
type CurrentLog = { readonly logId: number | undefined; readonly ranges: readonly LogRange[] }

export function toAccount(ledgers: readonly LedgerOfPartition[], current: CurrentLog): Account {
  const partitions = withUnstartedPartitions(ledgers, current).map((ledger) => {
    // A previous log has nothing in flight.
    const range = ledger.logId === current.logId ? current.ranges[ledger.partition] : undefined
    const hasEnded = current.logId !== undefined && ledger.logId !== current.logId
    return toPartitionAccount(ledger, hasEnded ? ledger.nextOffset : range?.high)
  })
  const isKnown = current.logId !== undefined && current.ranges.length > 0
  const initialTotal = { ...emptyCounts, inFlight: isKnown ? 0 : null }
  const total = partitions.reduce<AccountCounts>(addCounts, initialTotal)
  return { partitions, total, isBalanced: partitions.every(({ imbalance }) => imbalance === 0) }
}

/** Adds partitions that no consumer has started. They have no ledger yet, so all their records are in flight. */
function withUnstartedPartitions(
  ledgers: readonly LedgerOfPartition[],
  { logId, ranges }: CurrentLog,
): LedgerOfPartition[] {
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

const byLogAndPartition = (left: LedgerOfPartition, right: LedgerOfPartition): number =>
  left.logId - right.logId || left.partition - right.partition

function toPartitionAccount(ledger: LedgerOfPartition, high: number | undefined): PartitionAccount {
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
    // A surplus in one partition must not cancel a deficit in another.
    imbalance: sum.imbalance + Math.abs(line.imbalance),
  }
}
