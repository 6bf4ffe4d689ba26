import type { DecodedBatch, MultiPartitionStore } from '../../ledger/batch.ts'

/** Transforms a batch before each attempt to store it. */
export type BeforeWrite<Row> = (batch: DecodedBatch<Row>) => DecodedBatch<Row>

/**
 * Wraps a store so that `beforeWrite` transforms a batch before each attempt. After an outage of some
 * days, for example, readings may have expired since the batch was read.
 */
export function withBeforeWrite<Row>(
  store: MultiPartitionStore<Row>,
  beforeWrite: BeforeWrite<Row> | undefined,
): MultiPartitionStore<Row> {
  if (beforeWrite === undefined) return store
  return {
    write: (batch, path) => store.write(beforeWrite(batch), path),
    writeTogether: (batches) => store.writeTogether(batches.map(beforeWrite)),
  }
}
