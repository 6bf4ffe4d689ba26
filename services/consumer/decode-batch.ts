import { setImmediate as yieldToLoop } from 'node:timers/promises'
import type { FedRecord } from '../adapters/kafka/record-feed.ts'
import type { DecodedEntry } from '../telemetry/ports.ts'
import { decodeRecord, headerNames } from '../telemetry/wire.ts'

/** Decoding a whole batch in one go would starve the connection to the database. */
const recordsPerTurn = 512

/**
 * Records as readings, or as refusals with their reason; the order stays.
 *
 * @param retention microseconds for which readings are kept
 */
export async function decodeBatch(
  records: readonly FedRecord[],
  retention: number,
): Promise<DecodedEntry[]> {
  const entries: DecodedEntry[] = []
  for (const [index, record] of records.entries()) {
    if (index > 0 && index % recordsPerTurn === 0) await yieldToLoop()
    entries.push(decodeEntry(record, retention))
  }
  return entries
}

function decodeEntry(record: FedRecord, retention: number): DecodedEntry {
  const { offset, value, appendedAt } = record
  const schemaVersion = headerOf(record, headerNames.schemaVersion)
  const receivedAt = headerOf(record, headerNames.receivedAt)
  const decoded = decodeRecord({ value, schemaVersion, receivedAt, appendedAt }, retention)
  if (!decoded.ok) {
    return { kind: 'refused', offset, code: decoded.code, detail: decoded.detail, original: record }
  }
  const { reading } = decoded
  return { kind: 'reading', offset, reading, receivedAt: decoded.receivedAt, original: record }
}

function headerOf({ headers }: FedRecord, wanted: string): string | undefined {
  for (const [name, value] of headers) if (name === wanted) return value.toString('utf8')
  return undefined
}
