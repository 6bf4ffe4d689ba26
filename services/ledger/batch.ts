import type { LedgerEntry } from './ledger.ts'

/** What a pipeline reads from one partition, and what its store answers. `Row` is what one record becomes. */

/** A record as it stands in the log. A dead letter keeps it. */
export type OriginalRecord = {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly (readonly [name: string, value: Uint8Array])[]
  /** When the broker appended it, in microseconds since the Unix epoch. */
  readonly appendedAt: number
}

/** A record as a pipeline reads it. */
export type SourceRecord = OriginalRecord & {
  readonly offset: number
  /** The text of a header, the first where there are several. */
  header(name: string): string | undefined
}

/** A record that becomes a row. */
export type RowEntry<Row> = {
  readonly kind: 'row'
  readonly offset: number
  readonly row: Row
  readonly original: OriginalRecord
}

/** A record that becomes a dead letter. */
export type RefusedEntry = {
  readonly kind: 'refused'
  readonly offset: number
  /** Reason to branch on, e.g. `out-of-range`. */
  readonly code: string
  /** The reason in words. */
  readonly detail: string
  readonly original: OriginalRecord
}

/** A decoded record. */
export type DecodedEntry<Row> = RowEntry<Row> | RefusedEntry

/** Entries of one partition in the order of their offsets, and the ledger position they follow. */
export type DecodedBatch<Row> = {
  readonly logId: number
  readonly partition: number
  /** The ledger's `nextOffset` as the consumer knows it. If the ledger has moved, nothing is written. */
  readonly expectedOffset: number
  /** The ledger's `nextOffset` after the batch. It may be past the last entry. */
  readonly followingOffset: number
  readonly entries: readonly DecodedEntry<Row>[]
}

/** `direct` assumes that the keys are new; `merge` looks for them first. */
export type WritePath = 'direct' | 'merge'

export type WriteOutcome =
  | { readonly kind: 'written'; readonly entry: LedgerEntry }
  /** Another consumer has gone on with this partition: nothing was written. */
  | { readonly kind: 'ledger-moved' }
  /** The direct path met a key that is there: nothing was written. */
  | { readonly kind: 'key-taken' }
  /** The database refuses a value among the entries: nothing was written. */
  | { readonly kind: 'value-refused'; readonly detail: string }

/** Stores the rows, the dead letters and the ledger of a pipeline. A rejection is an outage. */
export interface BatchStore<Row> {
  /** Writes all of the batch in one transaction, or nothing of it. */
  write(batch: DecodedBatch<Row>, path: WritePath): Promise<WriteOutcome>
}

/** A store that can write batches of several partitions in one transaction. */
export interface MultiPartitionStore<Row> extends BatchStore<Row> {
  /**
   * Writes batches of several partitions in one transaction, on the direct path.
   *
   * @returns what each batch adds to its ledger; undefined where one of the batches kept all from
   *   being written: then each has to be written alone
   */
  writeTogether(batches: readonly DecodedBatch<Row>[]): Promise<readonly LedgerEntry[] | undefined>
}
