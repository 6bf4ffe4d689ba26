import { setImmediate as yieldToLoop } from 'node:timers/promises'
import type { DecodedEntry, SourceRecord } from '../ledger/batch.ts'

/** Decodes one record: a row, or a refusal with its reason. */
export type Decode<Row> = (record: SourceRecord) => DecodedEntry<Row>

/** Decoding a whole batch in one go would starve the connection to the database. */
const recordsPerTurn = 512

/** Decodes records in their order. */
export async function decodeBatch<Row>(
  records: readonly SourceRecord[],
  decode: Decode<Row>,
): Promise<DecodedEntry<Row>[]> {
  const entries: DecodedEntry<Row>[] = []
  for (const [index, record] of records.entries()) {
    if (index > 0 && index % recordsPerTurn === 0) await yieldToLoop()
    entries.push(decode(record))
  }
  return entries
}
