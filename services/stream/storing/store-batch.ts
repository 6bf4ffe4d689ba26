import type {
  BatchStore,
  DecodedBatch,
  DecodedEntry,
  RefusedEntry,
  WritePath,
} from '../../ledger/batch.ts'
import { refusedByDatabase } from '../../ledger/dead-letter.ts'
import type { LedgerEntry } from '../../ledger/ledger.ts'

/** After a key conflict or a missing row, this many batches use the merge path without trying the direct path first. */
const mergesAfterConflict = 50

/** Repeats `attempt` until it succeeds, i.e. until an outage ends. */
export type RetryUntilStored = <T>(attempt: () => Promise<T>) => Promise<T>

/** Called after each committed transaction with its ledger entry, its path and its entries. */
export type OnWritten<Row> = (
  entry: LedgerEntry,
  path: WritePath,
  entries: readonly DecodedEntry<Row>[],
) => void

/**
 * Stores batches on the direct path while all keys are new, and on the merge path for some batches
 * after a key conflict. If the database refuses a row, the batch is divided in one transaction. If even
 * that is refused, e.g. a value that no row can have, the batch is halved until the refused record is
 * alone; that record becomes a dead letter.
 */
export class BatchStorer<Row> {
  readonly #store: BatchStore<Row>
  readonly #onWritten: OnWritten<Row>
  #mergesLeft = 0

  /** @param onWritten called after each committed transaction */
  constructor(store: BatchStore<Row>, onWritten: OnWritten<Row>) {
    this.#store = store
    this.#onWritten = onWritten
  }

  /** The path that the next batch is stored on first. */
  get nextPath(): WritePath {
    return this.#mergesLeft > 0 ? 'merge' : 'direct'
  }

  /** Resolves to false if another consumer has continued the partition. */
  async store(batch: DecodedBatch<Row>, retryUntilStored: RetryUntilStored): Promise<boolean> {
    const path = this.nextPath
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
      case 'rows-missing':
        if (path !== 'direct')
          throw new Error(`The path ${path} reported ${outcome.kind}, which only direct can have.`)
        this.#mergesLeft = mergesAfterConflict
        return this.#settle(batch, 'merge', retryUntilStored)
      case 'value-refused':
        if (path !== 'divide') return this.#settle(batch, 'divide', retryUntilStored)
        return this.#isolate(batch, outcome.detail, retryUntilStored)
      default:
        return outcome satisfies never
    }
  }

  /** Halves the batch until the refused entry is alone. */
  async #isolate(
    batch: DecodedBatch<Row>,
    detail: string,
    retryUntilStored: RetryUntilStored,
  ): Promise<boolean> {
    const [first, ...others] = batch.entries
    if (first === undefined) throw new Error(`The database refused an empty batch: ${detail}`)
    if (others.length === 0) {
      const single = { ...batch, entries: [toRefused(first, detail)] }
      return this.#settle(single, 'direct', retryUntilStored)
    }
    for (const half of splitInHalf(batch)) {
      if (!(await this.#settle(half, 'direct', retryUntilStored))) return false
    }
    return true
  }
}

function toRefused<Row>(entry: DecodedEntry<Row>, detail: string): RefusedEntry {
  if (entry.kind === 'refused') {
    throw new Error(`The database refused the dead letter of offset ${entry.offset}: ${detail}`)
  }
  const { offset, original } = entry
  return { kind: 'refused', offset, original, ...refusedByDatabase(detail) }
}

/** Splits a batch into two consecutive batches that cover the same offsets. */
function splitInHalf<Row>(batch: DecodedBatch<Row>): [DecodedBatch<Row>, DecodedBatch<Row>] {
  const middle = Math.ceil(batch.entries.length / 2)
  const [left, right] = [batch.entries.slice(0, middle), batch.entries.slice(middle)]
  const boundary = right[0]?.offset ?? batch.followingOffset
  return [
    { ...batch, entries: left, followingOffset: boundary },
    { ...batch, entries: right, expectedOffset: boundary },
  ]
}
