/** One reading on its way, as the text that is sent: the same at every try. */
export type JournalEntry = {
  /** Grows with each entry of a journal. */
  readonly id: number
  readonly text: string
}

export type BatchLimit = { readonly entries: number; readonly bytes: number }

/**
 * Keeps what is not yet acknowledged, up to a capacity. An entry is waiting, or taken by a request
 * in flight; it leaves when it is acknowledged or, while it waits, when newer ones need its place.
 */
export interface Journal {
  /** Resolves once the entries would survive what this journal survives. */
  append(texts: readonly string[]): Promise<void>
  /** Takes the newest of the waiting entries, the oldest of them first; one at least if there is one. */
  take(limit: BatchLimit): JournalEntry[]
  /** Lets taken entries wait again: they could not be delivered. */
  giveBack(entries: readonly JournalEntry[]): void
  /** Forgets taken entries: they are delivered or refused for good. */
  acknowledge(entries: readonly JournalEntry[]): void
  /** Entries waiting. */
  readonly waiting: number
  /** Entries waiting or taken. */
  readonly size: number
  /** Entries that newer ones have pushed out, ever. */
  readonly dropped: number
}

/** A journal that survives outages of the server, but not the end of the process. */
export class MemoryJournal implements Journal {
  readonly #capacity: number
  /** In the order of their ids. */
  #waiting: JournalEntry[] = []
  #taken = 0
  #dropped = 0
  #nextId = 0

  /** @param capacity in entries; about 400 bytes of memory each */
  constructor(capacity: number) {
    this.#capacity = capacity
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get size(): number {
    return this.#waiting.length + this.#taken
  }

  get dropped(): number {
    return this.#dropped
  }

  append(texts: readonly string[]): Promise<void> {
    for (const text of texts) {
      this.#waiting.push({ id: this.#nextId, text })
      this.#nextId += 1
    }
    const excess = Math.min(Math.max(this.size - this.#capacity, 0), this.#waiting.length)
    if (excess > 0) this.#waiting.splice(0, excess)
    this.#dropped += excess
    return Promise.resolve()
  }

  take(limit: BatchLimit): JournalEntry[] {
    let first = this.#waiting.length
    let bytes = 0
    while (first > 0 && this.#waiting.length - first < limit.entries) {
      bytes += Buffer.byteLength(this.#waiting[first - 1]?.text ?? '') + 1
      if (bytes > limit.bytes && first < this.#waiting.length) break
      first -= 1
    }
    const taken = this.#waiting.splice(first)
    this.#taken += taken.length
    return taken
  }

  giveBack(entries: readonly JournalEntry[]): void {
    this.#taken -= entries.length
    this.#waiting = [...this.#waiting, ...entries].sort((a, b) => a.id - b.id)
  }

  acknowledge(entries: readonly JournalEntry[]): void {
    this.#taken -= entries.length
  }
}
