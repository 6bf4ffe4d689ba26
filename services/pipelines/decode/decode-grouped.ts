import type { DecodedEntry, OriginalRecord, SourceRecord } from '../../ledger/batch.ts'
import { ungroup } from '../../ledger/origin.ts'
import type { Declaration } from '../declaration/declaration.ts'
import { isGroupedByKey } from '../grouped-topic.ts'
import type { DeclaredRow } from './decode-record.ts'
import { decodeRecord } from './decode-record.ts'

/**
 * Decodes a record of the grouped topic of a pipeline. Key, headers and time are those of the record in
 * the source topic. A dead letter keeps the record of the grouped topic.
 */
export function decodeGrouped(
  declaration: Declaration,
  record: SourceRecord,
  at: { readonly logId: number; readonly partition: number },
): DecodedEntry<DeclaredRow> {
  const { offset } = record
  const ungrouped = ungroup(record)
  if (ungrouped === undefined) {
    const detail = 'The record was not written to the grouped topic by the pipeline.'
    return { kind: 'refused', offset, code: 'no-origin', detail, original: record }
  }
  const { logId, partition, ...origin } = ungrouped.origin
  const source = { logId, partition }
  // The position in the topic in which records with equal keys are in order.
  const [place, ordinal] = isGroupedByKey(declaration) ? [at, offset] : [source, origin.offset]
  const entry = decodeRecord(declaration, toSourceRecord(ungrouped.record, ordinal), place)
  return { ...entry, offset, original: record }
}

const utf8 = new TextDecoder()

function toSourceRecord(record: OriginalRecord, offset: number): SourceRecord {
  const header = (wanted: string): string | undefined => {
    const found = record.headers.find(([name]) => name === wanted)
    return found && utf8.decode(found[1])
  }
  return { ...record, offset, header }
}
