import type { Micros } from '../time.ts'
import type { DecodedEntry, SourceRecord } from '../../ledger/batch.ts'
import type { ReceivedReading } from './reading.ts'
import type { EncodedRecord } from './wire.ts'
import { decodeRecord, headerNames } from './wire.ts'

/**
 * Decodes a record of the readings' topic into a row, or into a refusal with its reason.
 *
 * @param retentionMicros microseconds for which readings are kept
 */
export function decodeReading(
  record: SourceRecord,
  retentionMicros: Micros,
): DecodedEntry<ReceivedReading> {
  const { offset, value, appendedAt } = record
  const schemaVersion = record.header(headerNames.schemaVersion)
  const receivedAt = record.header(headerNames.receivedAt)
  const refused = refusalIn(record)
  const encoded = { value, schemaVersion, receivedAt, appendedAt, refused }
  const decoded = decodeRecord(encoded, retentionMicros)
  if (!decoded.ok) {
    return { kind: 'refused', offset, code: decoded.code, detail: decoded.detail, original: record }
  }
  return { kind: 'row', offset, row: decoded.row, original: record }
}

function refusalIn(record: SourceRecord): EncodedRecord['refused'] {
  const code = record.header(headerNames.refusedCode)
  return code === undefined ? undefined : { code, detail: record.header(headerNames.refusedDetail) }
}
