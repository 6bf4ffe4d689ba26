import { crc32 } from 'node:zlib'
import type { SequenceMarks } from './sequences.ts'

/**
 * The lines of a journal's files: checksum, kind, content. The checksum detects a line that a crash
 * has damaged. The next line begins after the line break.
 *
 * - `h`: the head of a segment: the sequences used before it, as JSON
 * - `r`: a reading, as the text that is sent
 * - `s`: settled readings, as a byte range of the segment: `FROM-TO`
 */

type Kind = 'h' | 'r' | 's'

/** The byte range of one or more whole lines; `to` is exclusive. */
export type Span = { readonly from: number; readonly to: number }

type Line = Span & { readonly kind: string; readonly content: string }

/** Characters before the content: checksum, space, kind, space. */
const prefixLength = 11
const lineBreak = 10
const version = 1

export function encodeHead(marks: SequenceMarks): string {
  return encodeLine('h', JSON.stringify({ version, ...marks }))
}

export function encodeReadings(texts: readonly string[]): string {
  return texts.map((text) => encodeLine('r', text)).join('')
}

/** Bytes of the line of a reading. */
export function encodedBytes(text: string): number {
  return prefixLength + Buffer.byteLength(text) + 1
}

/** Each mark also starts with a line break, so that an incomplete mark before it does no damage. */
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
  /** One item per line with a reading. */
  readonly readings: readonly (Span & { readonly text: string })[]
  /** Whether lines before the last valid one cannot be read. A crash of this process cannot cause that. */
  readonly isDamaged: boolean
}

/** Returns undefined if the file is not a segment. */
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

/** The lines with a valid checksum. */
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

/** The reading in a line without its line break. */
export function textOf(line: Buffer): string {
  return line.toString('utf8', prefixLength)
}
