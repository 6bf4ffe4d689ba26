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
import { SegmentChangedError } from './segment-changed-error.ts'
import type { Run } from './spans.ts'
import { coverageOf, mergeRuns } from './spans.ts'

const [sync, syncAll] = [promisify(fdatasync), promisify(fsync)]
const lineBreak = 10

/** A reading taken from a segment: its text, and the line in which it lies. */
export type TakenLine = { readonly text: string; readonly run: Run }

/**
 * A file of a journal: its head, then a line a reading. Which of them are settled stands in a
 * second file beside it. Readings that wait are known by their bytes alone, so that a long
 * backlog takes no memory.
 */
export class Segment {
  readonly path: string
  /** Whether somebody should look at the file: it goes aside when its time is over. */
  isDamaged = false
  #file: number | undefined
  #end: number
  #settledBytes = 0
  #waiting: Run[]
  #taken = 0
  #unwritten: Run[] = []

  private constructor(path: string, end: number, waiting: readonly Run[]) {
    this.path = path
    this.#end = end
    this.#waiting = mergeRuns(waiting)
  }

  /** A segment that an earlier process has left. */
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
   * A new segment. It gets its name only when head and readings are on the disk: a crash leaves a
   * draft, and nobody has sent what stands in it.
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

  /** Of both files. */
  get bytes(): number {
    return this.#end + this.#settledBytes
  }

  /** Resolves once the lines are on the disk; rejects where they are not in the segment. */
  async append({ bytes, count }: Lines): Promise<void> {
    const [file, from] = [this.#file, this.#end]
    if (file === undefined) throw new Error(`${this.path} is closed`)
    try {
      writeAll(file, bytes)
      await sync(file)
      if (this.#file !== file) throw new Error(`${this.path} was closed meanwhile`)
    } catch (error) {
      this.close((open) => {
        ftruncateSync(open, from)
      })
      throw error
    }
    this.#end += bytes.length
    this.#waiting = mergeRuns([...this.#waiting, { from, to: this.#end, count }])
  }

  /**
   * The newest that wait, the oldest of them first; one at least, if there is one.
   *
   * @throws SegmentChangedError where they are no longer in the file
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

  /** Marks taken lines; a mark that finds no room is written with a later one. */
  settle(runs: readonly Run[]): void {
    this.#taken -= runs.length
    this.#unwritten = mergeRuns([...this.#unwritten, ...runs])
    const marks = encodeSettled(this.#unwritten)
    try {
      appendFileSync(settledFile(this.path), marks, { mode: 0o600 })
      this.#settledBytes += marks.length
      this.#unwritten = []
    } catch {
      // Until then they would be sent again by the next process, which adds no row.
    }
  }

  /** Takes no more readings. */
  close(before: (file: number) => void = () => undefined): void {
    const file = this.#file
    this.#file = undefined
    if (file === undefined) return
    try {
      before(file)
    } catch {
      // What is left behind the last good line is a torn tail.
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
      const wanted = lines.slice(-entries)
      if (wanted.length > 0) return wanted
      if (from === run.from) throw new SegmentChangedError(this.path, 'has changed')
    }
  }

  /** Up to the end of a line. */
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

/** Encoded readings, and how many they are. */
export type Lines = { readonly bytes: Buffer; readonly count: number }

export const draftEnding = '.draft'

export const settledEnding = '.settled'

function settledFile(path: string): string {
  return `${path}${settledEnding}`
}

/** Puts a file where nobody but a person reads it, with its marks; answers where. */
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

/** The whole lines of a piece of a segment that begins at `offset`; half a line at its start is none. */
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
