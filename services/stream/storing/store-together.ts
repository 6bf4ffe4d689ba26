import type { DecodedBatch, MultiPartitionStore } from '../../ledger/batch.ts'
import type { BatchStorer, OnWritten, RetryUntilStored } from './store-batch.ts'

type Options<Row> = {
  readonly store: Pick<MultiPartitionStore<Row>, 'writeTogether'>
  /** Stores the batches that cannot be written together. */
  readonly storer: BatchStorer<Row>
  /** Called for each batch after the transaction is committed. */
  readonly onWritten: OnWritten<Row>
}

/**
 * Stores batches of different partitions in one transaction, on the direct path. If one of them
 * cannot be stored so, e.g. because a key exists, each batch gets a separate transaction.
 */
export class TogetherStorer<Row> {
  readonly #options: Options<Row>

  constructor(options: Options<Row>) {
    this.#options = options
  }

  /** @returns the partitions that another consumer has continued; their batches were not stored as a whole */
  async store(
    batches: readonly DecodedBatch<Row>[],
    retryUntilStored: RetryUntilStored,
  ): Promise<ReadonlySet<number>> {
    const moved = new Set<number>()
    if (await this.#writeTogether(batches, retryUntilStored)) return moved
    for (const batch of batches) {
      const isStored = await this.#options.storer.store(batch, retryUntilStored)
      if (!isStored) moved.add(batch.partition)
    }
    return moved
  }

  async #writeTogether(
    batches: readonly DecodedBatch<Row>[],
    retryUntilStored: RetryUntilStored,
  ): Promise<boolean> {
    const { store, storer, onWritten } = this.#options
    if (batches.length === 1 || storer.nextPath !== 'direct') return false
    const entries = await retryUntilStored(() => store.writeTogether(batches))
    if (entries === undefined) return false
    for (const [index, batch] of batches.entries()) {
      const entry = entries[index]
      if (entry === undefined) throw new Error('The store has returned too few ledger entries.')
      onWritten(entry, 'direct', batch.entries)
    }
    return true
  }
}
