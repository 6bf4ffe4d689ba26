import type { BatchStore, DecodedBatch } from '../ledger/batch.ts'

/** Changes a batch before an attempt to store it. */
export type BeforeWrite<Row> = (batch: DecodedBatch<Row>) => DecodedBatch<Row>

/**
 * A store that changes a batch before each attempt: one that has waited out an outage of days may
 * have to be judged in another way than when it was read.
 */
export function withBeforeWrite<Row>(
  store: BatchStore<Row>,
  beforeWrite: BeforeWrite<Row> | undefined,
): BatchStore<Row> {
  if (beforeWrite === undefined) return store
  return { write: (batch, path) => store.write(beforeWrite(batch), path) }
}
