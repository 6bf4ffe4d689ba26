import type {
  BatchStore,
  DecodedBatch,
  MultiPartitionStore,
  WriteOutcome,
  WritePath,
} from '../../ledger/batch.ts'

/** A batch with more entries gets a separate transaction. */
const maxSmallBatchEntries = 256

/** A small batch that waits for other batches of the same fetch. */
type WaitingBatch<Row> = {
  readonly batch: DecodedBatch<Row>
  readonly resolve: (outcome: Promise<WriteOutcome>) => void
}

/**
 * Writes small batches that arrive in the same turn of the event loop, such as those of one fetch, in
 * one transaction. At a low rate the transactions cost more than the rows. If one of the batches
 * prevents this, each batch is written in a separate transaction.
 */
export class GatheringBatchStore<Row> implements BatchStore<Row> {
  readonly #store: MultiPartitionStore<Row>
  #waiting: WaitingBatch<Row>[] = []

  constructor(store: MultiPartitionStore<Row>) {
    this.#store = store
  }

  write(batch: DecodedBatch<Row>, path: WritePath): Promise<WriteOutcome> {
    if (path !== 'direct' || batch.entries.length > maxSmallBatchEntries)
      return this.#store.write(batch, path)
    return new Promise((resolve) => {
      if (this.#waiting.length === 0) setImmediate(() => this.#writeWaiting())
      this.#waiting.push({ batch, resolve })
    })
  }

  #writeWaiting(): void {
    const waiting = this.#waiting
    this.#waiting = []
    const written =
      waiting.length > 1
        ? this.#store.writeTogether(waiting.map(({ batch }) => batch))
        : Promise.resolve(undefined)
    for (const [index, { batch, resolve }] of waiting.entries()) {
      resolve(
        written.then((entries) => {
          const entry = entries?.[index]
          return entry ? { kind: 'written', entry } : this.#store.write(batch, 'direct')
        }),
      )
    }
  }
}
