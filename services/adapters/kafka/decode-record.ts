import type { DecodedEntry, OriginalRecord } from '../../telemetry/ports.ts'
import { decodeRecord, headerNames } from '../../telemetry/wire.ts'
import type { FedRecord } from './record-feed.ts'

/**
 * A record as a reading, or as a refusal with its reason.
 *
 * @param retention microseconds for which readings are kept
 */
export function decodeFedRecord(record: FedRecord, retention: number): DecodedEntry {
  const { offset, key, value, headers, appendedAt } = record
  const original: OriginalRecord = { key, value, headers, appendedAt }
  const header = (wanted: string): string | undefined =>
    headers.find(([name]) => name === wanted)?.[1].toString('utf8')
  const decoded = decodeRecord(
    {
      value,
      schemaVersion: header(headerNames.schemaVersion),
      receivedAt: header(headerNames.receivedAt),
      appendedAt,
    },
    retention,
  )
  if (!decoded.ok) {
    return { kind: 'refused', offset, code: decoded.code, detail: decoded.detail, original }
  }
  const { reading, receivedAt } = decoded
  return { kind: 'reading', offset, reading, receivedAt, original }
}
