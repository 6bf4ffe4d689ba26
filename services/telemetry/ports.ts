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
