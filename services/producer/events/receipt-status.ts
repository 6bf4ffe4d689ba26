import type { PostgresReceiptStore } from '../../adapters/postgres/ledger/receipt-store.ts'
import type { ReceiptStatus, RecordPosition } from '../../ledger/receipt.ts'
import type { TopicWatch } from '../limits/topic-watch.ts'

/**
 * What became of a reading, or undefined where no reading has this receipt. Rejects where
 * Postgres, or for a reading that is not settled yet Kafka, cannot be reached.
 */
export async function statusOfReceipt(
  position: RecordPosition,
  store: Pick<PostgresReceiptStore, 'settle'>,
  watch: Pick<TopicWatch, 'view' | 'refresh'>,
): Promise<ReceiptStatus | undefined> {
  const settled = await store.settle(position)
  if (settled.status === 'unknown') return undefined
  if (settled.status !== 'unsettled') return settled
  const endsAfter = (view: TopicWatch['view']): boolean =>
    position.offset < (view?.ranges[position.partition]?.high ?? 0)
  const appended = endsAfter(watch.view) || endsAfter(await watch.refresh())
  return appended ? { status: 'queued' } : undefined
}
