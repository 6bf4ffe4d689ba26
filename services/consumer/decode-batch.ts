import { setImmediate as yieldToLoop } from 'node:timers/promises'
import { decodeFedRecord } from '../adapters/kafka/decode-record.ts'
import type { FedRecord } from '../adapters/kafka/fed-batch.ts'
import type { DecodedEntry } from '../telemetry/ports.ts'

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
    entries.push(decodeFedRecord(record, retention))
  }
  return entries
}
