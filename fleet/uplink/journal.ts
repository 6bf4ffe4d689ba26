/** A reading as the text that is sent. Every attempt sends the same text. */
export type JournalEntry = { readonly text: string }

/** A reading for the journal: its text and its identity. */
export type JournalReading = JournalEntry & { readonly vin: string; readonly sequence: number }

export type BatchLimit = { readonly entries: number; readonly bytes: number }

/**
 * Keeps unacknowledged readings, up to a capacity. An entry is waiting, or taken by a request in
 * flight. It is removed when it is acknowledged, or when newer entries need its space while it waits.
 */
export interface Journal {
  /** The first unused sequence of a vehicle. */
  nextSequence(vin: string): number
  /** Resolves once the readings are stored as safely as this journal can store them. */
  append(readings: readonly JournalReading[]): Promise<void>
  /**
   * Takes the newest waiting entries and returns them oldest first. Returns at least one if any can
   * be read now.
   */
  take(limit: BatchLimit): JournalEntry[]
  /** Returns taken entries to the queue: they could not be delivered. */
  giveBack(entries: readonly JournalEntry[]): void
  /** Removes taken entries: they are delivered or permanently refused. */
  acknowledge(entries: readonly JournalEntry[]): void
  readonly waiting: number
  /** Entries waiting or taken. */
  readonly size: number
  /** Entries of `size` that would be lost if the process ended. */
  readonly unsaved: number
  /** Total of entries removed for newer ones, or that can never be read again. */
  readonly dropped: number
  close(): Promise<void>
}
