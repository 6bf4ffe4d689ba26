import type { BatchLimit, Journal, JournalEntry, JournalReading } from '../uplink/journal.ts'

type Numbered = { readonly number: number; readonly entry: JournalEntry }

/** A journal that survives outages of the server, but not a restart of the process. */
export class MemoryJournal implements Journal {
  readonly #capacity: number
  readonly #firstSequence: number
  /** Sorted by number. */
  #waiting: Numbered[] = []
  readonly #taken = new Map<JournalEntry, Numbered>()
  #dropped = 0
  #nextNumber = 0

  /**
   * @param capacity in entries; about 400 bytes of memory each
   * @param firstSequence higher than every sequence that the vehicles have used
   */
  constructor(capacity: number, firstSequence = 0) {
    this.#capacity = capacity
    this.#firstSequence = firstSequence
  }

  get waiting(): number {
    return this.#waiting.length
  }

  get size(): number {
    return this.#waiting.length + this.#taken.size
  }

  get unsaved(): number {
    return this.size
  }

  get dropped(): number {
    return this.#dropped
  }

  nextSequence(): number {
    return this.#firstSequence
  }

  append(readings: readonly JournalReading[]): Promise<void> {
    for (const { text } of readings) {
      this.#waiting.push({ number: this.#nextNumber, entry: { text } })
      this.#nextNumber += 1
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
      bytes += Buffer.byteLength(this.#waiting[first - 1]?.entry.text ?? '') + 1
      if (bytes > limit.bytes && first < this.#waiting.length) break
      first -= 1
    }
    const taken = this.#waiting.splice(first)
    for (const numbered of taken) this.#taken.set(numbered.entry, numbered)
    return taken.map(({ entry }) => entry)
  }

  giveBack(entries: readonly JournalEntry[]): void {
    const given = entries.flatMap((entry) => this.#taken.get(entry) ?? [])
    this.acknowledge(entries)
    this.#waiting = [...this.#waiting, ...given].sort((a, b) => a.number - b.number)
  }

  acknowledge(entries: readonly JournalEntry[]): void {
    for (const entry of entries) this.#taken.delete(entry)
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}
