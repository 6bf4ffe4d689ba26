import type { DecodedBatch, MultiPartitionStore } from '../../ledger/batch.ts'
import type { BatchStorer, OnWritten } from './store-batch.ts'

type Options<Row> = {
  readonly store: Pick<MultiPartitionStore<Row>, 'writeTogether'>
  /** Stores the batches that cannot be written together. */
  readonly storer: BatchStorer<Row>
  /** Called for each batch after the transaction is committed. */
  readonly onWritten: OnWritten<Row>
  /** As in `BatchLimits`. */
  readonly inParallel?: boolean | undefined
}

/** Transactions at the same time. The pool of a consumer has a connection for each, and one for other statements. */
const mostAtOnce = 6

/** Repeats `attempt` until an outage ends. The partition is undefined for work on several ones. */
type Retry = <T>(attempt: () => Promise<T>, partition?: number) => Promise<T>

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
  async store(batches: readonly DecodedBatch<Row>[], retry: Retry): Promise<ReadonlySet<number>> {
    const moved = new Set<number>()
    if (await this.#writeTogether(batches, retry)) return moved
    const { storer, inParallel } = this.#options
    const store = async (batch: DecodedBatch<Row>): Promise<void> => {
      const isStored = await storer.store(batch, (attempt) => retry(attempt, batch.partition))
      if (!isStored) moved.add(batch.partition)
    }
    const atOnce = inParallel === true ? mostAtOnce : 1
    for (let first = 0; first < batches.length; first += atOnce)
      await allEnded(batches.slice(first, first + atOnce).map(store))
    return moved
  }

  async #writeTogether(batches: readonly DecodedBatch<Row>[], retry: Retry): Promise<boolean> {
    const { store, storer, onWritten } = this.#options
    if (batches.length === 1 || storer.nextPath !== 'direct') return false
    const entries = await retry(() => store.writeTogether(batches))
    if (entries === undefined) return false
    for (const [index, batch] of batches.entries()) {
      const entry = entries[index]
      if (entry === undefined) throw new Error('The store has returned too few ledger entries.')
      onWritten(entry, 'direct', batch.entries)
    }
    return true
  }
}

/** Waits until all have ended, also if one of them rejects. */
async function allEnded(running: readonly Promise<void>[]): Promise<void> {
  const ended = await Promise.allSettled(running)
  for (const each of ended) if (each.status === 'rejected') throw each.reason as Error
}
