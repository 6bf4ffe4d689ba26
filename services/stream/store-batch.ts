import type {
  BatchStore,
  DecodedBatch,
  DecodedEntry,
  RefusedEntry,
  WritePath,
} from '../ledger/batch.ts'
import type { LedgerEntry } from '../ledger/ledger.ts'

/** Batches that take the merging path at once after one has met a key that was there. */
const mergesAfterConflict = 50

/** Repeats what rejects until it succeeds: an outage is waited out. */
export type RetryUntilStored = <T>(attempt: () => Promise<T>) => Promise<T>

/** Told what a transaction has added to the ledger, how, and from what. */
export type OnWritten<Row> = (
  entry: LedgerEntry,
  path: WritePath,
  entries: readonly DecodedEntry<Row>[],
) => void

/**
 * Stores batches: the direct path while keys are new, the merging path for a while after one was
 * not. A batch with a value that the database refuses is halved until the bad record stands
 * alone, and that one becomes a dead letter.
 */
export class BatchStorer<Row> {
  readonly #store: BatchStore<Row>
  readonly #onWritten: OnWritten<Row>
  #mergesLeft = 0

  /** @param onWritten told of each transaction that was committed */
  constructor(store: BatchStore<Row>, onWritten: OnWritten<Row>) {
    this.#store = store
    this.#onWritten = onWritten
  }

  /** Resolves to false where another consumer has gone on with the partition. */
  async store(batch: DecodedBatch<Row>, retryUntilStored: RetryUntilStored): Promise<boolean> {
    const path: WritePath = this.#mergesLeft > 0 ? 'merge' : 'direct'
    this.#mergesLeft = Math.max(0, this.#mergesLeft - 1)
    return this.#settle(batch, path, retryUntilStored)
  }

  async #settle(
    batch: DecodedBatch<Row>,
    path: WritePath,
    retryUntilStored: RetryUntilStored,
  ): Promise<boolean> {
    const outcome = await retryUntilStored(() => this.#store.write(batch, path))
    switch (outcome.kind) {
      case 'written':
        this.#onWritten(outcome.entry, path, batch.entries)
        return true
      case 'ledger-moved':
        return false
      case 'key-taken':
        if (path === 'merge') throw new Error('the merging path reported a taken key')
        this.#mergesLeft = mergesAfterConflict
        return this.#settle(batch, 'merge', retryUntilStored)
      case 'value-refused':
        return this.#isolate(batch, outcome.detail, retryUntilStored)
      default:
        return outcome satisfies never
    }
  }

  async #isolate(
    batch: DecodedBatch<Row>,
    detail: string,
    retryUntilStored: RetryUntilStored,
  ): Promise<boolean> {
    const [first, ...others] = batch.entries
    if (first === undefined) throw new Error(`the database refuses an empty batch: ${detail}`)
    if (others.length === 0) {
      const alone = { ...batch, entries: [refusedByDatabase(first, detail)] }
      return this.#settle(alone, 'direct', retryUntilStored)
    }
    for (const half of splitInHalf(batch)) {
      if (!(await this.#settle(half, 'direct', retryUntilStored))) return false
    }
    return true
  }
}

function refusedByDatabase<Row>(entry: DecodedEntry<Row>, detail: string): RefusedEntry {
  if (entry.kind === 'refused') {
    throw new Error(`the database refuses the dead letter of offset ${entry.offset}: ${detail}`)
  }
  const { offset, original } = entry
  return { kind: 'refused', offset, original, code: 'refused-by-database', detail }
}

/** Two batches that follow each other where the one was. */
function splitInHalf<Row>(batch: DecodedBatch<Row>): [DecodedBatch<Row>, DecodedBatch<Row>] {
  const middle = Math.ceil(batch.entries.length / 2)
  const [left, right] = [batch.entries.slice(0, middle), batch.entries.slice(middle)]
  const boundary = right[0]?.offset ?? batch.followingOffset
  return [
    { ...batch, entries: left, followingOffset: boundary },
    { ...batch, entries: right, expectedOffset: boundary },
  ]
}
