import type { LedgerEntry } from './ledger.ts'
import type { Reading } from './reading.ts'
import type { DeadLetterCode } from './wire.ts'

/** What the core needs from the technologies around it. */

/** A record on its way to the log. */
export type OutgoingRecord = {
  readonly key: string
  readonly value: string
  readonly headers: Readonly<Record<string, string>>
}

/** Where a record was appended. */
export type AppendedAt = { readonly partition: number; readonly offset: number }

/** The log as the producer sees it. */
export interface RecordLog {
  /**
   * Appends records with one try. Each answer belongs to the record at its place: where it is,
   * or undefined where no broker has acknowledged it. Never rejects.
   */
  append(records: readonly OutgoingRecord[]): Promise<(AppendedAt | undefined)[]>
}

/** A record just as it stands in the log, for a dead letter to keep. */
export type OriginalRecord = {
  readonly key: Uint8Array | null
  readonly value: Uint8Array | null
  readonly headers: readonly (readonly [name: string, value: Uint8Array])[]
  /** When the broker appended it, in microseconds: stands in for a missing `received-at`. */
  readonly appendedAt: number
}

/** A record that has been decoded, whatever came of it. */
export type DecodedEntry =
  | {
      readonly kind: 'reading'
      readonly offset: number
      readonly reading: Reading
      /** Microseconds since the Unix epoch. */
      readonly receivedAt: number
      readonly original: OriginalRecord
    }
  | {
      readonly kind: 'refused'
      readonly offset: number
      readonly code: DeadLetterCode
      readonly detail: string
      readonly original: OriginalRecord
    }

/** Entries of one partition in the order of their offsets, and the ledger they go on from. */
export type DecodedBatch = {
  readonly log: number
  readonly partition: number
  /** The ledger's `nextOffset` as the consumer knows it; the batch is refused if it has moved. */
  readonly expectedOffset: number
  /** The ledger's `nextOffset` after the batch; may be past the last entry. */
  readonly followingOffset: number
  readonly entries: readonly DecodedEntry[]
}

/** `direct` assumes that no key is there yet; `merge` looks. */
export type WritePath = 'direct' | 'merge'

export type WriteOutcome =
  | { readonly kind: 'written'; readonly entry: LedgerEntry }
  /** Another consumer has gone on with this partition: nothing was written. */
  | { readonly kind: 'ledger-moved' }
  /** The direct path met a key that is there: nothing was written. */
  | { readonly kind: 'key-taken' }
  /** The database refuses a value among the entries: nothing was written. */
  | { readonly kind: 'value-refused'; readonly detail: string }

/** Where readings, dead letters and the account are kept. Rejections are outages. */
export interface ReadingStore {
  /** All of the batch in one transaction, or nothing of it. */
  write(batch: DecodedBatch, path: WritePath): Promise<WriteOutcome>
}

export interface SharingReadingStore extends ReadingStore {
  /**
   * Batches of several partitions in one transaction, on the direct path.
   *
   * @returns what each adds to its ledger; undefined where nothing was written because of one of
   *   them: written alone, each has an outcome of its own
   */
  writeTogether(batches: readonly DecodedBatch[]): Promise<readonly LedgerEntry[] | undefined>
}
