import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { SegmentContent } from './records.ts'
import { parseSegment } from './records.ts'
import { draftEnding, Segment, settledEnding } from './segment.ts'
import { Sequences } from './sequences.ts'

/** The content that earlier processes left in a journal's folder. */
export type LoadedSegments = {
  /** The oldest first. */
  readonly segments: readonly Segment[]
  readonly sequences: Sequences
  /** The highest number of any segment file. */
  readonly lastNumber: number
}

export type FolderFaults = {
  /** A file cannot be read at all. */
  readonly onUnreadable: (path: string, why: string) => void
  /** Some lines of a segment cannot be read. */
  readonly onDamaged: (path: string) => void
}

const ending = '.readings'
const segmentName = /^(\d{12})\.readings$/

export function segmentPath(folder: string, number: number): string {
  return join(folder, `${String(number).padStart(12, '0')}${ending}`)
}

export function loadSegments(folder: string, faults: FolderFaults): LoadedSegments {
  const names = readdirSync(folder).sort()
  removeLeftovers(folder, names)
  const newestFirst: Segment[] = []
  const sequences = new Sequences()
  // One at a time: the content of a segment is large, the state kept of it is small.
  for (const name of names.filter((candidate) => segmentName.test(candidate)).reverse()) {
    const path = join(folder, name)
    const content = readSegment(path, faults)
    if (content === undefined) continue
    if (content.isDamaged) faults.onDamaged(path)
    if (newestFirst.length === 0) restoreSequences(content, sequences)
    newestFirst.push(Segment.reopen(path, content))
  }
  const numbers = names.map((name) => Number(/^\d{12}(?=\.readings)/.exec(name)?.[0] ?? 0))
  const lastNumber = numbers.reduce((last, number) => Math.max(last, number), 0)
  return { segments: newestFirst.reverse(), sequences, lastNumber }
}

/** Removes drafts, from which nothing was sent, and marks without a segment. */
function removeLeftovers(folder: string, names: readonly string[]): void {
  const known = new Set(names)
  for (const name of names) {
    const [start, of] = [name.split('.')[0] ?? '', name.slice(0, -settledEnding.length)]
    const isDraft = name === `${start}${ending}${draftEnding}`
    const isOrphan = name === `${start}${ending}${settledEnding}` && !known.has(of)
    if (isDraft || isOrphan) rmSync(join(folder, name), { force: true })
  }
}

function readSegment(path: string, faults: FolderFaults): SegmentContent | undefined {
  try {
    const content = parseSegment(readFileSync(path))
    if (content !== undefined) return content
    faults.onUnreadable(path, 'it has no valid journal header')
  } catch (error) {
    faults.onUnreadable(path, (error as Error).message)
  }
  return undefined
}

/** The head of the newest segment holds the sequences that were used before it. */
function restoreSequences({ head, readings }: SegmentContent, sequences: Sequences): void {
  sequences.restore(head)
  for (const { text } of readings) {
    const { vin, sequence } = JSON.parse(text) as { vin: string; sequence: number }
    sequences.markUsed(vin, sequence)
  }
}
