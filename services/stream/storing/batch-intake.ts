import type { DecodedBatch } from '../../ledger/batch.ts'
import type { Outages } from './outages.ts'
import type { BatchStorer } from './store-batch.ts'

/** A decoded batch and what to do when its records are stored. */
export type Delivery<Row> = {
  readonly batch: DecodedBatch<Row>
  /** Called after each transaction with the part of the batch that it stored, in offset order. */
  readonly onStored: (part: DecodedBatch<Row>) => void
  /** Called when records of the partition wait. All records before `storedTo` are stored. */
  readonly onWaiting: (storedTo: number) => void
  /** Makes the partition be read again from `offset`. */
  readonly readAgain: (offset: number) => void
  /** Ends the Kafka client because of an error that no retry can end. Then all is read again. */
  readonly fail: (error: unknown) => void
}

/** Takes decoded batches and stores them, at once or later. */
export type BatchIntake<Row> = AsyncDisposable & {
  /** The most records of a delivery. Larger batches are decoded in parts. */
  readonly recordsAtOnce: number
  /**
   * Takes a batch that continues the last one of its partition. Waits while there is no room for it.
   *
   * @returns false if it was not taken as a whole, because another consumer has continued the
   *   partition or because `stop` has aborted. The partition must then be located again.
   */
  readonly take: (delivery: Delivery<Row>, stop: AbortSignal) => Promise<boolean>
  /** Stores now what waits of the partition. Returns early if `stop` aborts. */
  readonly storeWaiting: (partition: number, stop: AbortSignal) => Promise<void>
  /** Drops what waits, because it may be read again by another consumer. Call after each join. */
  readonly clear: () => void
}

/** Stores each batch when it arrives. */
export class DirectIntake<Row> implements BatchIntake<Row> {
  readonly recordsAtOnce = Infinity
  readonly #storer: BatchStorer<Row>
  readonly #outages: Outages

  constructor(storer: BatchStorer<Row>, outages: Outages) {
    this.#storer = storer
    this.#outages = outages
  }

  async take({ batch, onStored }: Delivery<Row>, stop: AbortSignal): Promise<boolean> {
    const isStored = await this.#storer.store(batch, (attempt) =>
      this.#outages.retry(attempt, batch.partition, stop),
    )
    if (isStored) onStored(batch)
    return isStored
  }

  storeWaiting(): Promise<void> {
    return Promise.resolve()
  }

  clear(): void {
    // Nothing waits.
  }

  [Symbol.asyncDispose](): Promise<void> {
    return Promise.resolve()
  }
}
