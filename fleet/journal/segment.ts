import {
  appendFileSync,
  closeSync,
  existsSync,
  fdatasync,
  fsync,
  ftruncateSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import type { BatchLimit } from '../uplink/journal.ts'
import type { SegmentContent } from './records.ts'
import { encodeSettled, parseSettled, textOf } from './records.ts'
import type { Run } from './spans.ts'
import { coverageOf, mergeRuns } from './spans.ts'

const [sync, syncAll] = [promisify(fdatasync), promisify(fsync)]
const lineBreak = 10

/** A reading taken from a segment: its text and its line. */
export type TakenLine = { readonly text: string; readonly run: Run }

/**
 * A file of a journal: a head, then one line per reading. A second file lists which of them are
 * settled. Waiting readings are kept as byte ranges only, so that a long backlog takes no memory.
 */
export class Segment {
  readonly path: string
  /** A damaged file is moved aside for inspection instead of removed. */
  isDamaged = false
  #file: number | undefined
  #endOffset: number
  #settledBytes = 0
  #waiting: Run[]
  #taken = 0
  #unwrittenMarks: Run[] = []

  private constructor(path: string, end: number, waiting: readonly Run[]) {
    this.path = path
    this.#endOffset = end
    this.#waiting = mergeRuns(waiting)
  }

  /** Opens a segment of an earlier process. */
  static reopen(path: string, { readings, isDamaged }: SegmentContent): Segment {
    const marks = settledFile(path)
    const settled = existsSync(marks) ? parseSettled(readFileSync(marks)) : []
    const isSettled = coverageOf(readings, settled)
    const waiting = readings.filter((_, at) => isSettled[at] !== true)
    const runs = waiting.map(({ from, to }) => ({ from, to, count: 1 }))
    const segment = new Segment(path, statSync(path).size, runs)
    segment.#settledBytes = existsSync(marks) ? statSync(marks).size : 0
    segment.isDamaged = isDamaged
    return segment
  }

  /**
   * Creates a segment. It gets its name only when head and readings are on the disk. A crash leaves
   * a draft, from which nothing was sent.
   */
  static async create(path: string, head: string, readings: Lines): Promise<Segment> {
    const draft = `${path}${draftEnding}`
    const file = openSync(draft, 'w', 0o600)
    try {
      const start = Buffer.byteLength(head)
      writeAll(file, Buffer.concat([Buffer.from(head), readings.bytes]))
      await sync(file)
      renameSync(draft, path)
      await syncFolder(dirname(path))
      const end = start + readings.bytes.length
      const segment = new Segment(path, end, [{ from: start, to: end, count: readings.count }])
      segment.#file = file
      return segment
    } catch (error) {
      closeSync(file)
      for (const name of [draft, path]) rmSync(name, { force: true })
      throw error
    }
  }

  get waiting(): number {
    return this.#waiting.reduce((sum, { count }) => sum + count, 0)
  }

  /** Readings waiting or taken. */
  get size(): number {
    return this.waiting + this.#taken
  }

  /** Size of both files. */
  get bytes(): number {
    return this.#endOffset + this.#settledBytes
  }

  /** Resolves once the lines are on the disk. If it rejects, they are not in the segment. */
  async append({ bytes, count }: Lines): Promise<void> {
    const [file, from] = [this.#file, this.#endOffset]
    if (file === undefined) throw new Error(`${this.path} is closed`)
    try {
      writeAll(file, bytes)
      await sync(file)
      if (this.#file !== file) throw new Error(`${this.path} was closed during the write`)
    } catch (error) {
      this.close((open) => {
        ftruncateSync(open, from)
      })
      throw error
    }
    this.#endOffset += bytes.length
    this.#waiting = mergeRuns([...this.#waiting, { from, to: this.#endOffset, count }])
  }

  /**
   * Takes the newest waiting readings and returns them oldest first; at least one, if any wait.
   *
   * @throws SegmentChangedError if they are no longer in the file
   */
  take(limit: BatchLimit): TakenLine[] {
    const run = this.#waiting.at(-1)
    if (run === undefined) return []
    const lines = this.#readTail(run, limit)
    const from = lines[0]?.run.from ?? run.to
    const rest = { from: run.from, to: from, count: run.count - lines.length }
    this.#waiting = [...this.#waiting.slice(0, -1), ...(rest.count > 0 ? [rest] : [])]
    this.#taken += lines.length
    return lines
  }

  giveBack(runs: readonly Run[]): void {
    this.#taken -= runs.length
    this.#waiting = mergeRuns([...this.#waiting, ...runs])
  }

  /** Marks taken lines as settled. A mark that cannot be written is written with a later one. */
  settle(runs: readonly Run[]): void {
    this.#taken -= runs.length
    this.#unwrittenMarks = mergeRuns([...this.#unwrittenMarks, ...runs])
    const marks = encodeSettled(this.#unwrittenMarks)
    try {
      appendFileSync(settledFile(this.path), marks, { mode: 0o600 })
      this.#settledBytes += marks.length
      this.#unwrittenMarks = []
    } catch {
      // Without the marks the next process sends the readings again, which adds no row.
    }
  }

  /** Ends appending to this segment. */
  close(before: (file: number) => void = () => undefined): void {
    const file = this.#file
    this.#file = undefined
    if (file === undefined) return
    try {
      before(file)
    } catch {
      // Bytes after the last valid line are ignored when the file is read.
    }
    closeSync(file)
  }

  remove(): void {
    this.close()
    if (this.isDamaged) moveAside(this.path)
    else rmSync(this.path, { force: true })
    rmSync(settledFile(this.path), { force: true })
  }

  #readTail(run: Run, { entries, bytes }: BatchLimit): TakenLine[] {
    const average = (run.to - run.from) / run.count
    for (let room = Math.min(bytes, 4096 + Math.ceil(entries * average)); ; room *= 2) {
      const from = Math.max(run.from, run.to - room)
      const lines = lastLines(this.#read(from, run.to), from, from === run.from)
      const newest = lines.slice(-entries)
      if (newest.length > 0) return newest
      if (from === run.from) throw new SegmentChangedError(this.path, 'has changed')
    }
  }

  /** Reads a range that ends with a line break. */
  #read(from: number, to: number): Buffer {
    const bytes = Buffer.alloc(to - from)
    const file = openSync(this.path, 'r')
    try {
      if (readSync(file, bytes, 0, bytes.length, from) < bytes.length) {
        throw new SegmentChangedError(this.path, 'has become shorter')
      }
      if (bytes.at(-1) !== lineBreak) throw new SegmentChangedError(this.path, 'has changed')
      return bytes
    } finally {
      closeSync(file)
    }
  }
}

/** Encoded readings and their number. */
export type Lines = { readonly bytes: Buffer; readonly count: number }

export const draftEnding = '.draft'

export const settledEnding = '.settled'

function settledFile(path: string): string {
  return `${path}${settledEnding}`
}

/** Renames a file and its marks so that they are kept but not read again; returns the new path. */
export function moveAside(path: string): string {
  const stamp = new Date().toISOString().replaceAll(/[-:]/g, '')
  const aside = `${path}.unreadable-${stamp}`
  renameSync(path, aside)
  if (existsSync(settledFile(path))) renameSync(settledFile(path), settledFile(aside))
  return aside
}

async function syncFolder(path: string): Promise<void> {
  const folder = openSync(path, 'r')
  try {
    await syncAll(folder)
  } finally {
    closeSync(folder)
  }
}

function writeAll(file: number, bytes: Buffer): void {
  let written = 0
  while (written < bytes.length) written += writeSync(file, bytes, written)
}

/** The complete lines of a piece of a segment that begins at `offset`. */
function lastLines(piece: Buffer, offset: number, isWholeAtStart: boolean): TakenLine[] {
  const lines: TakenLine[] = []
  let at = isWholeAtStart ? 0 : piece.indexOf(lineBreak) + 1
  while (at < piece.length) {
    const end = piece.indexOf(lineBreak, at)
    const text = textOf(piece.subarray(at, end))
    lines.push({ text, run: { from: offset + at, to: offset + end + 1, count: 1 } })
    at = end + 1
  }
  return lines
}

/** A segment's file has lost content. A file that cannot be read now gives another error. */
class SegmentChangedError extends Error {
  readonly code = 'SEGMENT_CHANGED'
  constructor(path: string, how: string) {
    super(`${path} ${how}`)
    this.name = 'SegmentChangedError'
  }
}
