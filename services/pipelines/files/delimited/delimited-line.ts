import type { DelimitedFormat } from './delimited-scanner.ts'
import { DelimitedScanner, quoting } from './delimited-scanner.ts'
import type { ScannedLine } from './delimited-scanner.ts'
import { decodeUtf8 } from '../utf8.ts'

/** The place of a line in bytes that may also contain other lines. */
export type LineBytes = {
  /** The first line of the file is 1. */
  readonly offset: number
  readonly bytes: Uint8Array
  readonly begin: number
  /** Exclusive. */
  readonly end: number
}

/** A field as a text; null if it is empty and has no quotes. */
export type FieldText = { readonly text: string; readonly isQuoted: boolean } | null

/** The field of a scanned line; undefined if it is not valid UTF-8. */
export function fieldTextOf(
  { bytes, begins, ends, quotings }: ScannedLine,
  index: number,
  { quote = '' }: DelimitedFormat,
): FieldText | undefined {
  const begin = begins[index] as number
  const end = ends[index] as number
  const isQuoted = quotings[index] !== quoting.none
  if (begin === end && !isQuoted) return null
  const text = decodeUtf8(bytes, begin, end)
  if (text === undefined) return undefined
  const isEscaped = quotings[index] === quoting.escaped
  return { text: isEscaped ? text.replaceAll(quote + quote, quote) : text, isQuoted }
}

/** Scans a line that a scanner has found before. */
export function scanAgain({ bytes, begin, end }: LineBytes, format: DelimitedFormat): ScannedLine {
  const scanner = new DelimitedScanner(format, end - begin)
  scanner.push(bytes.subarray(begin, end))
  scanner.end()
  const line = scanner.next()
  if (line === undefined) throw new Error('A line was found that has no fields.')
  return line
}
