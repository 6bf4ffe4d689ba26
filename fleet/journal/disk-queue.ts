import { NewReasons } from '../../services/runtime/retry.ts'
import type { BatchLimit, JournalEntry } from '../uplink/journal.ts'
import { encodeReadings } from './records.ts'
import type { TakenLine } from './segment.ts'
import { Segment } from './segment.ts'
import type { Run } from './spans.ts'

type Taken = { readonly segment: Segment; readonly run: Run }

export type DiskQueueOptions = {
  /** Segments of earlier processes, the oldest first. */
  readonly segments: readonly Segment[]
  /** Limit for all files together. */
  readonly capacityBytes: number
  /** The path of the next segment. */
  readonly nextPath: () => string
  /** The first line of the next segment. */
  readonly nextHead: () => string
  /** Called when the content of a segment is lost and the segment is removed from the queue. */
  readonly onUnreadable: (segment: Segment, error: unknown) => void
  /** Called when a segment cannot be read now. Called once for each reason until all segments can be read. */
  readonly onReadFailed: (segment: Segment, error: unknown) => void
}

/** Whole segments are dropped to make room: at most 1/16 of the journal at a time. */
const minSegments = 16
/** The next process reads a segment as a whole; 4 MiB take about 20 MB of memory. */
const maxSegmentBytes = 4 * 1024 * 1024

/** The readings of a journal that are on the disk, in segments. */
export class DiskQueue {
  readonly #options: DiskQueueOptions
  /** The oldest first. */
  #segments: Segment[]
  /** The segment that is appended to. Segments of an earlier process are never appended to. */
  #newest: Segment | undefined
  readonly #taken = new Map<JournalEntry, Taken>()
  /** Segments whose last read failed. */
  readonly #failedReads = new Set<Segment>()
  readonly #reasons = new NewReasons()
  /** Size of the head of the newest segment. */
  #headBytes = 0
  /** Totals of all segments but the newest. Kept as sums because there can be thousands. */
  readonly #older = { waiting: 0, bytes: 0 }
  #dropped = 0

  constructor(options: DiskQueueOptions) {
    this.#options = options
    this.#segments = [...options.segments]
    for (const segment of this.#segments) this.#countOlder(segment, 1)
  }

  /** Maximum bytes of readings in a segment. Only a single larger group exceeds it. */
  get segmentBytes(): number {
    return Math.min(this.#options.capacityBytes / minSegments, maxSegmentBytes)
  }

  get waiting(): number {
    return this.#older.waiting + (this.#newest?.waiting ?? 0)
  }

  get size(): number {
    return this.waiting + this.#taken.size
  }

  get dropped(): number {
    return this.#dropped
  }

  /** Resolves once all readings are on the disk. If it rejects, none of them is in the queue. */
  async append(entries: readonly JournalEntry[]): Promise<void> {
    const bytes = Buffer.from(encodeReadings(entries.map(({ text }) => text)))
    const lines = { bytes, count: entries.length }
    this.#makeRoom(bytes.length)
    const newest = this.#newest
    if (newest && newest.bytes - this.#headBytes + bytes.length <= this.segmentBytes) {
      try {
        await newest.append(lines)
        return
      } catch (error) {
        this.close()
        throw error
      }
    }
    this.close()
    const head = this.#options.nextHead()
    this.#newest = await Segment.create(this.#options.nextPath(), head, lines)
    this.#headBytes = Buffer.byteLength(head)
    this.#segments.push(this.#newest)
    this.#removeSettled(this.#segments)
  }

  take(limit: BatchLimit): JournalEntry[] {
    const taken: JournalEntry[] = []
    let { entries, bytes } = limit
    const hasRoom = (): boolean => entries > 0 && (bytes > 0 || taken.length === 0)
    const segments = this.#segments
    for (let at = segments.length - 1; at >= 0 && hasRoom(); at -= 1) {
      const segment = segments[at]
      while (segment && segment.waiting > 0 && hasRoom()) {
        const lines = this.#takeFrom(segment, { entries, bytes })
        if (lines.length === 0) break
        const size = lines.reduce((sum, { run }) => sum + run.to - run.from, 0)
        if (size > bytes && taken.length > 0) {
          this.#updateSegment(segment, () => segment.giveBack(lines.map(({ run }) => run)))
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
      if (this.#segments.includes(segment))
        this.#updateSegment(segment, () => segment.giveBack(runs))
      else this.#dropped += runs.length
    }
  }

  acknowledge(entries: readonly JournalEntry[]): void {
    const stillQueued = [...this.#forget(entries)].filter(([segment]) =>
      this.#segments.includes(segment),
    )
    for (const [segment, runs] of stillQueued)
      this.#updateSegment(segment, () => segment.settle(runs))
    this.#removeSettled(stillQueued.map(([segment]) => segment))
  }

  /** Closes the newest segment. A later append starts a new one. */
  close(): void {
    const newest = this.#newest
    if (newest === undefined) return
    newest.close()
    this.#newest = undefined
    this.#countOlder(newest, 1)
  }

  #countOlder({ waiting, bytes }: Segment, times: 1 | -1): void {
    this.#older.waiting += times * waiting
    this.#older.bytes += times * bytes
  }

  /** Runs a change of a segment and updates the totals. Appending to the newest needs no update. */
  #updateSegment<Result>(segment: Segment, change: () => Result): Result {
    if (segment === this.#newest) return change()
    this.#countOlder(segment, -1)
    try {
      return change()
    } finally {
      this.#countOlder(segment, 1)
    }
  }

  /** Returns nothing if the segment is lost, or cannot be read now (EMFILE, EIO, EACCES). */
  #takeFrom(segment: Segment, limit: BatchLimit): TakenLine[] {
    try {
      const lines = this.#updateSegment(segment, () => segment.take(limit))
      this.#forgetFailure(segment)
      return lines
    } catch (error) {
      if (isGone(error)) {
        this.#drop(segment)
        this.#options.onUnreadable(segment, error)
        return []
      }
      if (this.#reasons.note(error)) this.#options.onReadFailed(segment, error)
      this.#failedReads.add(segment)
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

  /** Drops the oldest segments until there is room. */
  #makeRoom(needed: number): void {
    for (;;) {
      const [oldest] = this.#segments
      const used = this.#older.bytes + (this.#newest?.bytes ?? 0)
      if (oldest === undefined || oldest === this.#newest) return
      if (used + needed <= this.#options.capacityBytes) return
      this.#drop(oldest)
      oldest.remove()
    }
  }

  #drop(segment: Segment): void {
    this.#dropped += segment.waiting
    this.#forgetFailure(segment)
    this.#removeFromQueue([segment])
  }

  #forgetFailure(segment: Segment): void {
    this.#failedReads.delete(segment)
    if (this.#failedReads.size === 0) this.#reasons.clear()
  }

  /** A settled segment is removed only if a newer one exists, whose head holds the sequences. */
  #removeSettled(segments: readonly Segment[]): void {
    if (this.#newest === undefined) return
    const settled = segments.filter((segment) => segment.size === 0 && segment !== this.#newest)
    if (settled.length === 0) return
    this.#removeFromQueue(settled)
    for (const segment of settled) segment.remove()
  }

  #removeFromQueue(leaving: readonly Segment[]): void {
    for (const segment of leaving) {
      if (segment === this.#newest) this.#newest = undefined
      else this.#countOlder(segment, -1)
    }
    const gone = new Set(leaving)
    this.#segments = this.#segments.filter((segment) => !gone.has(segment))
  }
}

/** Whether the content is lost, so that a retry is useless. */
function isGone(error: unknown): boolean {
  const { code } = error as { readonly code?: string }
  return code === 'ENOENT' || code === 'SEGMENT_CHANGED'
}
