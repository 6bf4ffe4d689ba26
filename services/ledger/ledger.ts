/** The arithmetic of the account: what became of every offset of a partition. */

/** Offsets by what became of them: what one batch adds to a ledger, or all that it has. */
export type LedgerEntry = {
  readonly stored: number
  /** Offsets whose record changed a row, or came after a newer record of the same key. */
  readonly updated: number
  readonly duplicate: number
  readonly deadLettered: number
  /** Offsets that the log's own retention removed before they were read. */
  readonly expired: number
  /** Offsets that never held a record (Kafka's own control records, compaction). */
  readonly withoutRecord: number
}

export type PartitionLedger = LedgerEntry & {
  readonly startOffset: number
  /** The first offset whose fate is not yet settled. */
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

/** How many offsets an entry settles. */
export function settledOffsets(entry: LedgerEntry): number {
  const { stored, updated, duplicate, deadLettered, expired, withoutRecord } = entry
  return stored + updated + duplicate + deadLettered + expired + withoutRecord
}

/** The offsets of both, by what became of them. */
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

/** The ledger after a batch. */
export function advance(ledger: PartitionLedger, entry: LedgerEntry): PartitionLedger {
  const { startOffset, nextOffset } = ledger
  return {
    startOffset,
    nextOffset: nextOffset + settledOffsets(entry),
    ...addEntries(ledger, entry),
  }
}

/** Offsets that the ledger passed without saying what became of them: 0, or an alarm. */
export function imbalanceOf(ledger: PartitionLedger): number {
  return ledger.nextOffset - ledger.startOffset - settledOffsets(ledger)
}

/** What the rows themselves say, to be held against the ledgers of all logs. */
export type RowAccount = {
  readonly rows: number
  readonly rowsOfRetiredDays: number
  readonly stored: number
  readonly redriven: number
}

/** Rows that are there and should not be (> 0), or should be and are not (< 0): 0, or an alarm. */
export function rowImbalanceOf(account: RowAccount): number {
  return account.rows + account.rowsOfRetiredDays - account.stored - account.redriven
}

/** What a check of the account has found. */
export type AccountCheck = {
  readonly rows: RowAccount
  /** Offsets of all partitions that are not accounted for, whichever way. */
  readonly ledgerImbalance: number
  readonly seconds: number
}

/** By how many offsets the ledgers are off, all together: what is too much here mends nothing there. */
export function ledgerImbalanceOf(ledgers: readonly PartitionLedger[]): number {
  return ledgers.reduce((sum, ledger) => sum + Math.abs(imbalanceOf(ledger)), 0)
}

/** What a broker says of a partition: the first offset it still has, and the next it will give. */
export type LogRange = { readonly low: number; readonly high: number }

/** A record as it is told from any other that a log may hold at its offset. */
export type RecordIdentity = {
  readonly offset: number
  /** When the broker appended it, in microseconds since the Unix epoch. */
  readonly appendedAt: number
}

/** How far a ledger has come. */
export type LedgerPosition = {
  readonly nextOffset: number
  /** The last record that was settled, if any is known. */
  readonly lastRecord: RecordIdentity | undefined
}

/** What was fetched of a partition: all records from `from` up to but without `to`. */
export type FetchedRange = {
  readonly from: number
  readonly to: number
  readonly records: readonly RecordIdentity[]
}

/**
 * Whether a fetch has brought the record that was settled last, or another at its offset; a
 * record that was settled never changes, so that the other one is of another log.
 */
export function compareLastRecord(
  lastRecord: RecordIdentity,
  fetched: FetchedRange,
): 'same' | 'other' | 'unseen' {
  if (lastRecord.offset < fetched.from || lastRecord.offset >= fetched.to) return 'unseen'
  const found = fetched.records.find(({ offset }) => offset === lastRecord.offset)
  return found?.appendedAt === lastRecord.appendedAt ? 'same' : 'other'
}

export type PositionDecision =
  | { readonly kind: 'read-on' }
  | { readonly kind: 'seek'; readonly offset: number }
  /** The ledger is believed once the record at this offset has been seen to be its last one. */
  | { readonly kind: 'look'; readonly offset: number }
  | { readonly kind: 'gap-expired'; readonly from: number; readonly to: number }
  | { readonly kind: 'new-log' }

/**
 * What to do when a batch arrives that may not be the one that the ledger expects.
 *
 * @param ledger what the ledger expects
 * @param fetched what the batch holds
 * @param range what the broker has
 */
export function decidePosition(
  { nextOffset, lastRecord }: LedgerPosition,
  fetched: FetchedRange,
  range: LogRange,
): PositionDecision {
  if (range.high < nextOffset) return { kind: 'new-log' }
  if (range.low > nextOffset) return { kind: 'gap-expired', from: nextOffset, to: range.low }
  if (lastRecord !== undefined) {
    const comparison = compareLastRecord(lastRecord, fetched)
    if (comparison === 'other') return { kind: 'new-log' }
    const isStillInLog = lastRecord.offset >= range.low
    if (comparison === 'unseen' && isStillInLog) return { kind: 'look', offset: lastRecord.offset }
  }
  return containsOffset(fetched, nextOffset)
    ? { kind: 'read-on' }
    : { kind: 'seek', offset: nextOffset }
}

/** Whether what was fetched goes on at this offset. */
export function containsOffset(
  { from, to }: Pick<FetchedRange, 'from' | 'to'>,
  offset: number,
): boolean {
  return from <= offset && offset < to
}

/** What became of offsets that added no row and are no dead letter. */
export type SpanOutcome = 'duplicate' | 'updated' | 'superseded' | 'expired'

/** A run of consecutive offsets, both ends in it. */
export type OffsetSpan = { readonly first: number; readonly last: number }

/** Ascending offsets as runs: `[1, 2, 3, 7]` gives `[{1..3}, {7..7}]`. */
export function toSpans(offsets: readonly number[]): OffsetSpan[] {
  const spans: { first: number; last: number }[] = []
  for (const offset of offsets) {
    const current = spans.at(-1)
    if (current !== undefined && offset === current.last + 1) current.last = offset
    else spans.push({ first: offset, last: offset })
  }
  return spans
}
