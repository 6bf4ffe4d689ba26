import type { DeadLetterCount } from '../../services/adapters/postgres/dead-letters/dead-letter-store.ts'
import type { DeadLetter, DeadLetterSummary } from '../../services/ledger/dead-letter.ts'
import { escapeControls, hasControls } from '../../services/runtime/process/printable.mjs'
import type { RecordPosition } from '../../services/ledger/receipt.ts'
import { toReceipt } from '../../services/ledger/receipt.ts'
import { toIsoMicroseconds } from '../../services/telemetry/time.ts'
import { formatTable } from '../cli/table.ts'

/** Dead letters as text. Control characters of a record never reach the terminal. */

const maxDetailLength = 80
const bytesPerLine = 16
const strictUtf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Decodes bytes as text. @returns undefined if they are not printable UTF-8 */
export function decodePrintableText(bytes: Uint8Array): string | undefined {
  try {
    const text = strictUtf8.decode(bytes)
    return hasControls(text.replaceAll(/[\t\n\r]/g, '')) ? undefined : text
  } catch {
    return undefined
  }
}

export function formatCount(value: number): string {
  return value.toLocaleString('en-US')
}

/** e.g. `1,204 dead letters`. */
export function countLetters(value: number): string {
  return `${formatCount(value)} ${value === 1 ? 'dead letter' : 'dead letters'}`
}

/** `out-of-range 1,200, unreadable-record 4`. */
export function formatReasons(reasons: ReadonlyMap<string, number>): string {
  return [...reasons]
    .map(([code, value]) => `${escapeControls(code)} ${formatCount(value)}`)
    .join(', ')
}

export function letterTable(letters: readonly DeadLetterSummary[]): string {
  const rows = letters.map(({ id, position, isLine, code, detail, diedAt, state }) => [
    String(id),
    placeOf(position, isLine),
    escapeControls(code),
    toSeconds(diedAt),
    state,
    shorten(escapeControls(detail)),
  ])
  return formatTable(['id', placeName(letters[0]), 'reason', 'died', 'state', 'detail'], rows)
}

const placeName = (letter: DeadLetterSummary | undefined): string =>
  letter?.isLine === true ? 'line' : 'receipt'

/** `task 17, line 3`, or the receipt of a record. */
function placeOf(position: RecordPosition, isLine: boolean): string {
  return isLine ? `task ${position.logId}, line ${position.offset}` : toReceipt(position)
}

/** The dead letters that remain after a redrive. */
export function stillDeadTable(
  letters: readonly Pick<DeadLetterSummary, 'id' | 'position' | 'code' | 'detail'>[],
): string {
  const rows = letters.map(({ id, position, code, detail }) => [
    String(id),
    toReceipt(position),
    escapeControls(code),
    shorten(escapeControls(detail)),
  ])
  return formatTable(['id', 'receipt', 'reason', 'detail'], rows)
}

export function countTable(counts: readonly DeadLetterCount[]): string {
  const rows = counts.map(({ code, state, count }) => [
    escapeControls(code),
    state,
    formatCount(count),
  ])
  return formatTable(['reason', 'state', 'count'], rows)
}

/**
 * @param today the verdict of the current code as text; undefined if the dead letter was redriven
 */
export function describeLetter(letter: DeadLetter, today: string | undefined): string {
  const { original, redriven, discarded } = letter
  const facts: [string, string][] = [
    ['id', String(letter.id)],
    [placeName(letter), placeOf(letter.position, letter.isLine)],
    ['reason', escapeControls(letter.code)],
    ['detail', escapeControls(letter.detail)],
    ['died', toIsoMicroseconds(letter.diedAt)],
    ['appended', toIsoMicroseconds(original.appendedAt)],
    ['state', letter.state],
  ]
  if (redriven) facts.push(['redriven', `${toIsoMicroseconds(redriven.at)}, as ${redriven.as}`])
  if (discarded) {
    const why = discarded.reason === null ? '' : `: ${escapeControls(discarded.reason)}`
    facts.push(['discarded', `${toIsoMicroseconds(discarded.at)}${why}`])
  }
  if (today !== undefined) facts.push(['today', escapeControls(today)])
  facts.push(['key', original.key === null ? 'none' : formatInline(original.key)])
  for (const [name, value] of original.headers) {
    facts.push([`header ${escapeControls(name)}`, formatInline(value)])
  }
  const width = Math.max(...facts.map(([name]) => name.length))
  const lines = facts.map(([name, text]) => `${name.padEnd(width)}  ${text}`)
  return `${lines.join('\n')}\n\n${formatRecordValue(original.value)}`
}

function formatRecordValue(value: Uint8Array | null): string {
  if (value === null) return 'no value'
  const text = decodePrintableText(value)
  if (text !== undefined) return `value, ${formatCount(value.length)} bytes of text:\n${text}`
  return `value, ${formatCount(value.length)} bytes, in hexadecimal:\n${hexLines(value)}`
}

function hexLines(bytes: Uint8Array): string {
  const lines: string[] = []
  for (let at = 0; at < bytes.length; at += bytesPerLine) {
    const part = Buffer.from(bytes.subarray(at, at + bytesPerLine))
    const pairs = part.toString('hex').replace(/(..)(?!$)/g, '$1 ')
    lines.push(`${at.toString(16).padStart(6, '0')}  ${pairs}`)
  }
  return lines.join('\n')
}

function formatInline(bytes: Uint8Array): string {
  const text = decodePrintableText(bytes)
  return text === undefined || /[\t\n\r]/.test(text)
    ? `0x${Buffer.from(bytes).toString('hex')}`
    : text
}

function toSeconds(time: number): string {
  return `${toIsoMicroseconds(time).slice(0, 19)}Z`
}

function shorten(text: string): string {
  return text.length > maxDetailLength ? `${text.slice(0, maxDetailLength - 3)}...` : text
}
