/** The interfaces that the core needs from the adapters. */

/** A record that is to be appended to the log. */
export type OutgoingRecord = {
  readonly key: string
  readonly value: string | Buffer
  readonly headers: Readonly<Record<string, string>>
}

/** Position of an appended record. */
export type AppendedAt = { readonly partition: number; readonly offset: number }

/** The producer's interface to the log. */
export interface RecordAppender {
  /**
   * Appends records in one attempt. Results are in the order of the records: the position of the
   * record, or undefined if no broker has acknowledged it. Never rejects.
   */
  append(records: readonly OutgoingRecord[]): Promise<(AppendedAt | undefined)[]>
}
