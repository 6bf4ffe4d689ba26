import type { DecodedEntry } from '../../telemetry/ports.ts'
import { decodeRecord, headerNames } from '../../telemetry/wire.ts'
import type { FedRecord } from './fed-batch.ts'

/**
 * A record as a reading, or as a refusal with its reason.
 *
 * @param retention microseconds for which readings are kept
 */
export function decodeFedRecord(record: FedRecord, retention: number): DecodedEntry {
  const { offset, value, appendedAt } = record
  const schemaVersion = record.header(headerNames.schemaVersion)
  const receivedAt = record.header(headerNames.receivedAt)
  const decoded = decodeRecord({ value, schemaVersion, receivedAt, appendedAt }, retention)
  if (!decoded.ok) {
    return { kind: 'refused', offset, code: decoded.code, detail: decoded.detail, original: record }
  }
  const { reading } = decoded
  return { kind: 'reading', offset, reading, receivedAt: decoded.receivedAt, original: record }
}
