import { crc32 } from 'node:zlib'
import type { SequenceMarks } from './sequences.ts'

/**
 * The lines of a journal's files: checksum, kind, content. A line that a crash has cut or mixed up
 * is known by its checksum, and the next one begins after the line break.
 *
 * - `h`: the head of a segment: the sequences that were used before it, as JSON
 * - `r`: a reading, as the text that is sent
 * - `s`: settled readings, by the bytes of the segment in which they lie: `FROM-TO`
 */

type Kind = 'h' | 'r' | 's'

/** Bytes of one or more whole lines: from the first to the one after the last. */
export type Span = { readonly from: number; readonly to: number }

type Line = Span & { readonly kind: string; readonly content: string }

/** Characters of the checksum, the kind and what stands between them. */
const prefixLength = 11
const lineBreak = 10
const version = 1

export function encodeHead(marks: SequenceMarks): string {
  return encodeLine('h', JSON.stringify({ version, ...marks }))
}

export function encodeReadings(texts: readonly string[]): string {
  return texts.map((text) => encodeLine('r', text)).join('')
}

/** Of a reading's line. */
export function encodedBytes(text: string): number {
  return prefixLength + Buffer.byteLength(text) + 1
}

/** Begun with a line break too, so that half a mark before it spoils only itself. */
export function encodeSettled(spans: readonly Span[]): string {
  return spans.map(({ from, to }) => `\n${encodeLine('s', `${from}-${to}`)}`).join('')
}

function encodeLine(kind: Kind, content: string): string {
  return `${checksum(`${kind} ${content}`)} ${kind} ${content}\n`
}

function checksum(content: string): string {
  return crc32(content).toString(16).padStart(8, '0')
}

export type SegmentContent = {
  readonly head: SequenceMarks
  /** Each a line with a reading. */
  readonly readings: readonly (Span & { readonly text: string })[]
  /** Whether lines before the last good one cannot be read: no crash of ours does that. */
  readonly isDamaged: boolean
}

/** Undefined where the file is not a segment. */
export function parseSegment(bytes: Buffer): SegmentContent | undefined {
  const lines = parseLines(bytes)
  const [first] = lines
  const head = first?.from === 0 && first.kind === 'h' ? parseHead(first.content) : undefined
  if (head === undefined) return undefined
  const readings = lines
    .filter(({ kind }) => kind === 'r')
    .map(({ from, to, content }) => ({ from, to, text: content }))
  const isDamaged = lines.some(({ from }, at) => at > 0 && from !== lines[at - 1]?.to)
  return { head, readings, isDamaged }
}

export function parseSettled(bytes: Buffer): Span[] {
  return parseLines(bytes).flatMap(({ kind, content }) => {
    const [, from, to] = /^(\d+)-(\d+)$/.exec(content) ?? []
    return kind === 's' && to !== undefined ? [{ from: Number(from), to: Number(to) }] : []
  })
}

/** The lines whose checksums are right. */
function parseLines(bytes: Buffer): Line[] {
  const lines: Line[] = []
  let from = 0
  while (from < bytes.length) {
    const end = bytes.indexOf(lineBreak, from)
    if (end === -1) break
    const text = bytes.toString('utf8', from, end)
    const content = text.slice(prefixLength - 2)
    if (text.slice(0, 8) === checksum(content)) {
      lines.push({ from, to: end + 1, kind: content.charAt(0), content: content.slice(2) })
    }
    from = end + 1
  }
  return lines
}

function parseHead(content: string): SequenceMarks | undefined {
  const head = JSON.parse(content) as SequenceMarks & { readonly version: number }
  return head.version === version ? head : undefined
}

/** The text of the reading whose line is `bytes`, its line break left out. */
export function textOf(line: Buffer): string {
  return line.toString('utf8', prefixLength)
}
