import type { PostgresReceiptStore } from '../../adapters/postgres/ledger/receipt-store.ts'
import type { ReceiptStatus, RecordPosition } from '../../ledger/receipt.ts'
import type { TopicView, TopicWatch } from '../topic-watch.ts'

/**
 * The status of the reading with this receipt; undefined if no reading has it. Rejects if Postgres
 * cannot be reached, or if Kafka is needed for an unsettled reading and cannot be reached.
 */
export async function statusOfReceipt(
  position: RecordPosition,
  store: Pick<PostgresReceiptStore, 'lookUp'>,
  watch: Pick<TopicWatch, 'knownView' | 'refresh'>,
): Promise<ReceiptStatus | undefined> {
  const settled = await store.lookUp(position)
  if (settled.status === 'nonexistent') return undefined
  if (settled.status !== 'unsettled' && settled.status !== 'not-read') return settled
  const containsRecord = (view: TopicView): boolean =>
    position.offset < (view.ranges[position.partition]?.high ?? 0)
  const isAppended = containsRecord(watch.knownView) || containsRecord(await watch.refresh())
  // The current log has this offset, and a producer may have used the id of the ended log for it.
  if (settled.status === 'not-read') return { status: isAppended ? 'unknown' : 'expired' }
  return isAppended ? { status: 'queued' } : undefined
}

/** The status for a client without the token: the detail of a dead letter can quote its reading. */
export function withoutContent(receipt: ReceiptStatus): object {
  return receipt.status === 'dead-lettered'
    ? { status: receipt.status, code: receipt.code }
    : receipt
}
