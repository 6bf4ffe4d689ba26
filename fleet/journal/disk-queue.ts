import type { BatchLimit, JournalEntry } from '../uplink/journal.ts'
import { encodeReadings } from './records.ts'
import type { TakenLine } from './segment.ts'
import { Segment } from './segment.ts'
import type { Run } from './spans.ts'

type Taken = { readonly segment: Segment; readonly run: Run }

export type DiskQueueOptions = {
  /** Those of earlier processes, the oldest first. */
  readonly segments: readonly Segment[]
  /** Bytes of all files together. */
  readonly capacity: number
  /** The path of the next segment. */
  readonly nextPath: () => string
  /** The first line of the next segment. */
  readonly nextHead: () => string
  /** What the segment had is gone: it is no longer in the queue. */
  readonly onUnreadable: (segment: Segment, error: unknown) => void
  /** It cannot be read just now. Not said again of any, until all can be read again. */
  readonly onHeldUp: (segment: Segment, error: unknown) => void
}

/** The bound is kept by whole segments: a sixteenth of the journal is dropped at a time. */
const segmentsAtMost = 16

/** The readings of a journal that are on the disk, in segments. */
export class DiskQueue {
  readonly #options: DiskQueueOptions
  /** The oldest first. */
  #segments: Segment[]
  /** The one that takes readings. What an earlier process has left is never written on. */
  #newest: Segment | undefined
  readonly #taken = new Map<JournalEntry, Taken>()
  /** Those that could not be read when they were last asked. */
  readonly #heldUp = new Set<Segment>()
  /** Bytes of the newest without readings. */
  #headBytes = 0
  #dropped = 0

  constructor(options: DiskQueueOptions) {
    this.#options = options
    this.#segments = [...options.segments]
  }

  get waiting(): number {
    return this.#segments.reduce((sum, { waiting }) => sum + waiting, 0)
  }

  get size(): number {
    return this.waiting + this.#taken.size
  }

  get dropped(): number {
    return this.#dropped
  }

  /** Resolves once the readings are on the disk; rejects where none of them is in the queue. */
  async append(entries: readonly JournalEntry[]): Promise<void> {
    const bytes = Buffer.from(encodeReadings(entries.map(({ text }) => text)))
    const lines = { bytes, count: entries.length }
    this.#makeRoom(bytes.length)
    const newest = this.#newest
    if (newest && newest.bytes - this.#headBytes < this.#options.capacity / segmentsAtMost) {
      try {
        await newest.append(lines)
        return
      } catch (error) {
        this.#newest = undefined
        throw error
      }
    }
    newest?.close()
    this.#newest = undefined
    const head = this.#options.nextHead()
    this.#newest = await Segment.create(this.#options.nextPath(), head, lines)
    this.#headBytes = Buffer.byteLength(head)
    this.#segments.push(this.#newest)
    this.#removeSettled()
  }

  take(limit: BatchLimit): JournalEntry[] {
    const taken: JournalEntry[] = []
    let { entries, bytes } = limit
    for (const segment of [...this.#segments].reverse()) {
      while (segment.waiting > 0 && entries > 0 && (bytes > 0 || taken.length === 0)) {
        const lines = this.#takeFrom(segment, { entries, bytes })
        if (lines.length === 0) break
        const size = lines.reduce((sum, { run }) => sum + run.to - run.from, 0)
        if (size > bytes && taken.length > 0) {
          segment.giveBack(lines.map(({ run }) => run))
          return taken
        }
        taken.unshift(...lines.map((line) => this.#remember(segment, line)))
        entries -= lines.length
        bytes -= size
      }
    }
    return taken
  }

  giveBack(entries: readonly JournalEntry[]): void {
    for (const [segment, runs] of this.#forget(entries)) {
      if (this.#segments.includes(segment)) segment.giveBack(runs)
      else this.#dropped += runs.length
    }
  }

  acknowledge(entries: readonly JournalEntry[]): void {
    for (const [segment, runs] of this.#forget(entries)) {
      if (this.#segments.includes(segment)) segment.settle(runs)
    }
    this.#removeSettled()
  }

  close(): void {
    this.#newest?.close()
    this.#newest = undefined
  }

  /** None where the segment is gone, and for now where it cannot be read (EMFILE, EIO, EACCES). */
  #takeFrom(segment: Segment, limit: BatchLimit): TakenLine[] {
    try {
      const lines = segment.take(limit)
      this.#heldUp.delete(segment)
      return lines
    } catch (error) {
      if (isGone(error)) {
        this.#drop(segment)
        this.#options.onUnreadable(segment, error)
        return []
      }
      if (this.#heldUp.size === 0) this.#options.onHeldUp(segment, error)
      this.#heldUp.add(segment)
      return []
    }
  }

  #remember(segment: Segment, { text, run }: TakenLine): JournalEntry {
    const entry = { text }
    this.#taken.set(entry, { segment, run })
    return entry
  }

  #forget(entries: readonly JournalEntry[]): Map<Segment, Run[]> {
    const bySegment = new Map<Segment, Run[]>()
    for (const entry of entries) {
      const taken = this.#taken.get(entry)
      if (taken === undefined) continue
      this.#taken.delete(entry)
      const runs = bySegment.get(taken.segment) ?? []
      runs.push(taken.run)
      bySegment.set(taken.segment, runs)
    }
    return bySegment
  }

  /** Drops the oldest until there is room. */
  #makeRoom(needed: number): void {
    const { capacity } = this.#options
    for (;;) {
      const [oldest] = this.#segments
      const used = this.#segments.reduce((sum, { bytes }) => sum + bytes, 0)
      if (oldest === undefined || used + needed <= capacity || oldest === this.#newest) return
      this.#drop(oldest)
      oldest.remove()
    }
  }

  #drop(segment: Segment): void {
    this.#dropped += segment.waiting
    this.#heldUp.delete(segment)
    this.#segments = this.#segments.filter((other) => other !== segment)
    if (segment === this.#newest) this.#newest = undefined
  }

  /** Only behind a newer one, whose head knows the sequences. */
  #removeSettled(): void {
    if (this.#newest === undefined) return
    for (const segment of this.#segments) {
      if (segment.size === 0 && segment !== this.#newest) segment.remove()
    }
    this.#segments = this.#segments.filter((segment) => {
      return segment.size > 0 || segment === this.#newest
    })
  }
}

/** Whether trying again gives nothing. */
function isGone(error: unknown): boolean {
  const { code } = error as { readonly code?: string }
  return code === 'ENOENT' || code === 'SEGMENT_CHANGED'
}
