import { setImmediate as yieldToLoop } from 'node:timers/promises'
import type { DecodedEntry, SourceRecord } from '../ledger/batch.ts'
import { decoderFailedCode } from '../ledger/dead-letter.ts'

/** Where a record comes from. Its offset is in the record. */
type RecordOrigin = { readonly logId: number; readonly partition: number }

/** Decodes one record into a row, or into a refusal with its reason. */
export type Decode<Row> = (record: SourceRecord, origin: RecordOrigin) => DecodedEntry<Row>

/** The event loop runs after this many records, so that a large batch does not block the database connection. */
const recordsPerTurn = 512

/**
 * Decodes records; the result has the same order. A record at which `decode` throws is refused. Otherwise
 * it would stop its partition for good.
 */
export async function decodeBatch<Row>(
  records: readonly SourceRecord[],
  decode: (record: SourceRecord) => DecodedEntry<Row>,
): Promise<DecodedEntry<Row>[]> {
  const entries: DecodedEntry<Row>[] = []
  for (let index = 0; index < records.length; index += 1) {
    if (index > 0 && index % recordsPerTurn === 0) await yieldToLoop()
    entries.push(decodeOrRefuse(records[index] as SourceRecord, decode))
  }
  return entries
}

function decodeOrRefuse<Row>(
  record: SourceRecord,
  decode: (record: SourceRecord) => DecodedEntry<Row>,
): DecodedEntry<Row> {
  try {
    return decode(record)
  } catch (error) {
    const detail = `The platform could not decode the record, although it should: ${(error as Error).message}. Report this fault; redrive the record when it is corrected.`
    const { offset } = record
    return { kind: 'refused', offset, code: decoderFailedCode, detail, original: record }
  }
}
