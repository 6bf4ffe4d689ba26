/** A reading on its way, as the text that is sent: the same at every try. */
export type JournalEntry = { readonly text: string }

/** A reading for the journal: its text, and what makes it known again. */
export type JournalReading = JournalEntry & { readonly vin: string; readonly sequence: number }

export type BatchLimit = { readonly entries: number; readonly bytes: number }

/**
 * Keeps what is not yet acknowledged, up to a capacity. An entry is waiting, or taken by a request
 * in flight; it leaves when it is acknowledged or, while it waits, when newer ones need its place.
 */
export interface Journal {
  /** The first sequence of a vehicle that no reading has had yet. */
  nextSequence(vin: string): number
  /** Resolves once the readings would survive what this journal survives. */
  append(readings: readonly JournalReading[]): Promise<void>
  /**
   * Takes the newest of the waiting entries, the oldest of them first; one at least if there is one
   * that can be read now.
   */
  take(limit: BatchLimit): JournalEntry[]
  /** Lets taken entries wait again: they could not be delivered. */
  giveBack(entries: readonly JournalEntry[]): void
  /** Forgets taken entries: they are delivered or refused for good. */
  acknowledge(entries: readonly JournalEntry[]): void
  /** Entries waiting. */
  readonly waiting: number
  /** Entries waiting or taken. */
  readonly size: number
  /** Of `size`: those that would not survive the end of the process. */
  readonly unsaved: number
  /** Entries that newer ones have pushed out, or that could not be read again, ever. */
  readonly dropped: number
  close(): Promise<void>
}
