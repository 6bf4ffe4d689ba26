import type { Micros } from './time-units.ts'
import type { LedgerEntry } from './ledger.ts'

/** What a pipeline reads from one partition, and what its store returns. `Row` is the row that a record becomes. */

/** A record as it is in the log. A dead letter keeps it. */
export type OriginalRecord = {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly (readonly [name: string, value: Uint8Array])[]
  /** When the broker appended it, in microseconds since the Unix epoch. */
  readonly appendedAt: Micros
  /** Its bytes with its headers, if they are known. */
  readonly size?: number | undefined
}

/** A record as a pipeline reads it. */
export type SourceRecord = OriginalRecord & {
  readonly offset: number
  /** The text of a header; the first one if there are several with this name. */
  header(name: string): string | undefined
  /** The record in the bytes that were fetched; undefined if it has no value, or is not from a fetch. */
  readonly inBatch?: RecordBytes | undefined
}

/** Where the parts of a record are in the bytes of a batch. Reading them there makes no copies. */
export type RecordBytes = {
  readonly buffer: Uint8Array
  readonly valueBegin: number
  /** Exclusive. */
  readonly valueEnd: number
  /**
   * Finds the headers. Writes where the name of each begins and ends (exclusive), and then its value, so
   * four numbers a header. The end of a value that is null is before its begin.
   *
   * @returns the number of headers; -1 if there is no room for so many
   */
  findHeaders(places: Int32Array): number
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
  /** The reason as a code for programs, e.g. `out-of-range`. */
  readonly code: string
  /** The reason as a sentence for people. */
  readonly detail: string
  readonly original: OriginalRecord
}

/** A decoded record. */
export type DecodedEntry<Row> = RowEntry<Row> | RefusedEntry

/** Entries of one partition in offset order, and the ledger position before them. */
export type DecodedBatch<Row> = {
  readonly logId: number
  readonly partition: number
  /** The `nextOffset` that the ledger must have. If it has another one, nothing is written. */
  readonly expectedOffset: number
  /** The ledger's `nextOffset` after the batch. It may be greater than the last entry's offset plus 1. */
  readonly followingOffset: number
  readonly entries: readonly DecodedEntry<Row>[]
}

/**
 * `direct` assumes that all keys are new and that the database refuses no row; `merge` compares with
 * existing rows first; `divide` also makes a dead letter of each row that the database refuses.
 */
export type WritePath = 'direct' | 'merge' | 'divide'

export type WriteOutcome =
  | { readonly kind: 'written'; readonly entry: LedgerEntry }
  /** Another consumer has continued this partition. Nothing was written. */
  | { readonly kind: 'ledger-moved' }
  /** The direct path found a key that exists already. Nothing was written. */
  | { readonly kind: 'key-taken' }
  /** The direct path wrote fewer rows than it was given, e.g. because of a trigger. All is rolled back. */
  | { readonly kind: 'rows-missing' }
  /** The database refused a value of an entry. Nothing was written. */
  | { readonly kind: 'value-refused'; readonly detail: string }

/** Stores the rows, the dead letters and the ledger of a pipeline. A rejected promise means an outage. */
export interface BatchStore<Row> {
  /** Writes the whole batch in one transaction, or nothing. */
  write(batch: DecodedBatch<Row>, path: WritePath): Promise<WriteOutcome>
}

/** A store that can write batches of several partitions in one transaction. */
export interface MultiPartitionStore<Row> extends BatchStore<Row> {
  /**
   * Writes batches of several partitions in one transaction, on the direct path.
   *
   * @returns what each batch adds to its ledger; undefined if one of the batches could not be
   *   written: then nothing was written, and each batch must be written separately
   */
  writeTogether(batches: readonly DecodedBatch<Row>[]): Promise<readonly LedgerEntry[] | undefined>
}
