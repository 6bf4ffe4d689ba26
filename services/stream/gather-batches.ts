import type {
  BatchStore,
  DecodedBatch,
  MultiPartitionStore,
  WriteOutcome,
  WritePath,
} from '../ledger/batch.ts'

/** A batch with more entries is worth a transaction of its own. */
const maxSmallBatchEntries = 256

/** A small batch that waits for others of its fetch. */
type Waiting<Row> = {
  readonly batch: DecodedBatch<Row>
  readonly resolve: (outcome: Promise<WriteOutcome>) => void
}

/**
 * A store for which small batches that come in the same turn of the loop, as those of one fetch
 * do, share a transaction: at a low rate it is the transactions that cost, not the rows. Where
 * they cannot share one because of one of them, each is written alone.
 */
export class GatheringBatchStore<Row> implements BatchStore<Row> {
  readonly #store: MultiPartitionStore<Row>
  #waiting: Waiting<Row>[] = []

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
