import type { DeadLetter, DeadLetterSummary } from '../../services/ledger/dead-letter.ts'
import { toReceipt } from '../../services/ledger/receipt.ts'
import { toIsoMicroseconds } from '../../services/telemetry/time.ts'
import { decodePrintableText } from './text.ts'

/** Dead letters as JSON. */

export function summaryToJson(letter: DeadLetterSummary) {
  const { id, position, isLine, code, detail, diedAt, state } = letter
  const place = isLine
    ? { task: position.logId, line: position.offset }
    : { receipt: toReceipt(position) }
  return { id, ...place, reason: code, detail, diedAt: toIsoMicroseconds(diedAt), state }
}

/** @param today the verdict of the current code; null if the dead letter was redriven */
export function letterToJson(letter: DeadLetter, today: object | null) {
  const { original, redriven, discarded } = letter
  return {
    ...summaryToJson(letter),
    appendedAt: toIsoMicroseconds(original.appendedAt),
    redriven: redriven ? { at: toIsoMicroseconds(redriven.at), as: redriven.as } : null,
    discarded: discarded ? { at: toIsoMicroseconds(discarded.at), reason: discarded.reason } : null,
    today,
    key: bytesInJson(original.key),
    headers: original.headers.map(([name, value]) => ({ name, ...bytesInJson(value) })),
    value: bytesInJson(original.value),
  }
}

/** Has `text` if the bytes are printable text, else `hex`. */
function bytesInJson(bytes: Uint8Array | null) {
  if (bytes === null) return null
  const text = decodePrintableText(bytes)
  const size = { bytes: bytes.length }
  return text === undefined
    ? { ...size, hex: Buffer.from(bytes).toString('hex') }
    : { ...size, text }
}
