import type { Micros } from './time-units.ts'

/** The accounting of offsets: what became of every offset of a partition. */

/** Counts of offsets by outcome: what one batch adds to a ledger, or a ledger's totals. */
export type LedgerEntry = {
  readonly stored: number
  /** Offsets whose record changed a row, or arrived after a newer record of the same key. */
  readonly updated: number
  readonly duplicate: number
  readonly deadLettered: number
  /** Offsets that Kafka's retention removed before they were read. */
  readonly expired: number
  /** Offsets that never held a record (Kafka's own control records, compaction). */
  readonly withoutRecord: number
}

export type PartitionLedger = LedgerEntry & {
  readonly startOffset: number
  /** The first offset whose outcome is not yet settled. */
  readonly nextOffset: number
}

export const emptyEntry: LedgerEntry = {
  stored: 0,
  updated: 0,
  duplicate: 0,
  deadLettered: 0,
  expired: 0,
  withoutRecord: 0,
}

/** Returns how many offsets an entry settles. */
export function settledOffsets(entry: LedgerEntry): number {
  const { stored, updated, duplicate, deadLettered, expired, withoutRecord } = entry
  return stored + updated + duplicate + deadLettered + expired + withoutRecord
}

/** Adds the counts of two entries. */
export function addEntries(left: LedgerEntry, right: LedgerEntry): LedgerEntry {
  return {
    stored: left.stored + right.stored,
    updated: left.updated + right.updated,
    duplicate: left.duplicate + right.duplicate,
    deadLettered: left.deadLettered + right.deadLettered,
    expired: left.expired + right.expired,
    withoutRecord: left.withoutRecord + right.withoutRecord,
  }
}

/** Returns the ledger after a batch. */
export function advanceLedger(ledger: PartitionLedger, entry: LedgerEntry): PartitionLedger {
  const { startOffset, nextOffset } = ledger
  return {
    startOffset,
    nextOffset: nextOffset + settledOffsets(entry),
    ...addEntries(ledger, entry),
  }
}

/** Returns how many offsets the ledger passed without an outcome. Any value but 0 is an error. */
export function imbalanceOf(ledger: PartitionLedger): number {
  return ledger.nextOffset - ledger.startOffset - settledOffsets(ledger)
}

/** Counts of rows, to be compared with the ledgers of all logs. */
export type RowAccount = {
  readonly rows: number
  readonly rowsOfRetiredDays: number
  readonly stored: number
  readonly redriven: number
}

/** Returns the number of surplus rows (> 0) or missing rows (< 0). Any value but 0 is an error. */
export function rowImbalanceOf(account: RowAccount): number {
  return account.rows + account.rowsOfRetiredDays - account.stored - account.redriven
}

/** The result of a check of the account. */
export type AccountCheck = {
  readonly rows: RowAccount
  /** Sum of the absolute imbalances of all partitions, in offsets. */
  readonly ledgerImbalance: number
  readonly seconds: number
}

/** Sums the absolute imbalances, so that a surplus in one ledger cannot cancel a deficit in another. */
export function ledgerImbalanceOf(ledgers: readonly PartitionLedger[]): number {
  return ledgers.reduce((sum, ledger) => sum + Math.abs(imbalanceOf(ledger)), 0)
}

/** A partition's range at the broker: the first offset it still has, and the next offset it will assign. */
export type LogRange = { readonly low: number; readonly high: number }

/** Identifies a record: another log may have another record at the same offset. */
export type RecordIdentity = {
  readonly offset: number
  /** When the broker appended it, in microseconds since the Unix epoch. */
  readonly appendedAt: Micros
}

/** The position of a ledger. */
export type LedgerPosition = {
  readonly nextOffset: number
  /** The last settled record, if it is known. */
  readonly lastRecord: RecordIdentity | undefined
}

/** All records that were fetched of a partition, from offset `from` to `to` (exclusive). */
export type FetchedRange = {
  readonly from: number
  readonly to: number
  readonly records: readonly RecordIdentity[]
}

/**
 * Compares the last settled record with the fetched record at its offset. A settled record never
 * changes, so `different` means that the fetched record belongs to another log.
 *
 * @param mayHaveGaps whether Kafka may have removed the record alone, as in a compacted topic. Then
 *   a missing record is `unknown`, otherwise `different`
 */
export function compareLastRecord(
  lastRecord: RecordIdentity,
  fetched: FetchedRange,
  mayHaveGaps: boolean,
): 'same' | 'different' | 'unknown' | 'not-fetched' {
  if (!containsOffset(fetched, lastRecord.offset)) return 'not-fetched'
  const found = fetched.records.find(({ offset }) => offset === lastRecord.offset)
  if (found === undefined && mayHaveGaps) return 'unknown'
  return found?.appendedAt === lastRecord.appendedAt ? 'same' : 'different'
}

export type PositionDecision =
  | { readonly kind: 'continue' }
  | { readonly kind: 'seek'; readonly offset: number }
  /** The record at this offset must be compared with the ledger's last record first. */
  | { readonly kind: 'verify-record'; readonly offset: number }
  | { readonly kind: 'gap-expired'; readonly from: number; readonly to: number }
  | { readonly kind: 'new-log' }

/**
 * Decides what to do with a fetched batch, which may not continue at the ledger's position.
 *
 * @param ledger the ledger's position
 * @param fetched the range and the records of the batch
 * @param range the partition's range at the broker, and whether its topic may have gaps
 */
export function decidePosition(
  { nextOffset, lastRecord }: LedgerPosition,
  fetched: FetchedRange,
  range: LogRange & { readonly mayHaveGaps: boolean },
): PositionDecision {
  if (range.high < nextOffset) return { kind: 'new-log' }
  if (range.low > nextOffset) return { kind: 'gap-expired', from: nextOffset, to: range.low }
  if (lastRecord !== undefined) {
    const comparison = compareLastRecord(lastRecord, fetched, range.mayHaveGaps)
    if (comparison === 'different') return { kind: 'new-log' }
    const isStillInLog = lastRecord.offset >= range.low
    if (comparison === 'not-fetched' && isStillInLog)
      return { kind: 'verify-record', offset: lastRecord.offset }
  }
  return containsOffset(fetched, nextOffset)
    ? { kind: 'continue' }
    : { kind: 'seek', offset: nextOffset }
}

/** Whether the fetched range contains this offset. */
export function containsOffset(
  { from, to }: Pick<FetchedRange, 'from' | 'to'>,
  offset: number,
): boolean {
  return from <= offset && offset < to
}

/** The outcome of offsets that became neither a row nor a dead letter. */
export type SpanOutcome = 'duplicate' | 'updated' | 'superseded' | 'expired'

/** A run of consecutive offsets; both ends are included. */
export type OffsetSpan = { readonly first: number; readonly last: number }

/** Groups ascending offsets into runs: `[1, 2, 3, 7]` gives `[{1..3}, {7..7}]`. */
export function toSpans(offsets: readonly number[]): OffsetSpan[] {
  const spans: { first: number; last: number }[] = []
  for (const offset of offsets) {
    const current = spans.at(-1)
    if (current !== undefined && offset === current.last + 1) current.last = offset
    else spans.push({ first: offset, last: offset })
  }
  return spans
}
