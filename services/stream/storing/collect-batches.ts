import type { DecodedBatch } from '../../ledger/batch.ts'
import { LinkedAbort, unlessAborted } from '../../runtime/abort.ts'
import type { Clock } from '../../runtime/clock.ts'
import type { BatchIntake, Delivery } from './batch-intake.ts'
import type { WaitingPart } from './waiting-batch.ts'
import { cutBatch, WaitingBatch } from './waiting-batch.ts'

/** When records that wait are stored. */
export type BatchLimits = {
  /** When so many records of all partitions wait. A transaction stores at most so many. */
  readonly records: number
  /** When the first record has waited so long, in milliseconds. */
  readonly withinMs: number
  /**
   * Whether batches of several partitions are stored at the same time if they cannot be stored together, for
   * example because keys exist. By default false: transactions that write the same keys would block each other.
   */
  readonly inParallel?: boolean
}

type Options<Row> = {
  readonly limits: BatchLimits
  readonly clock: Pick<Clock, 'after'>
  /**
   * Stores batches of different partitions. Repeats it until it succeeds or `stop` aborts.
   *
   * @returns the partitions that another consumer has continued
   */
  readonly store: (
    batches: readonly DecodedBatch<Row>[],
    stop: AbortSignal,
  ) => Promise<ReadonlySet<number>>
  /** Aborts when the service is to stop. */
  readonly signal: AbortSignal
}

/** Records with so many bytes are stored before the limits are reached, to bound the memory. */
const maxWaitingBytes = 16 * 1024 * 1024
/** For few records of a transaction, decoding in parts would only cost time. */
const leastRecordsAtOnce = 512
/** Node.js treats a longer timeout as 1 ms. */
const maxTimeoutMs = 2 ** 31 - 1

/**
 * Collects records of all partitions until they are due, and then stores them together. While records
 * wait, their partitions are read on. One transaction runs at a time. Meanwhile the next records are
 * collected; when they are due too, `take` waits.
 */
export class BatchCollector<Row> implements BatchIntake<Row> {
  readonly recordsAtOnce: number
  readonly #options: Options<Row>
  #collection: Collection<Row>
  /** Collections that have ended, whose last transaction has not. */
  readonly #ending = new Set<Promise<void>>()

  constructor(options: Options<Row>) {
    this.#options = options
    this.recordsAtOnce = Math.max(leastRecordsAtOnce, options.limits.records)
    this.#collection = new Collection(options)
  }

  take(delivery: Delivery<Row>, stop: AbortSignal): Promise<boolean> {
    return this.#collection.take(delivery, stop)
  }

  storeWaiting(partition: number, stop: AbortSignal): Promise<void> {
    return this.#collection.storeWaiting(partition, stop)
  }

  clear(): void {
    this.#endCollection()
    this.#collection = new Collection(this.#options)
  }

  #endCollection(): void {
    const ending = this.#collection.end()
    this.#ending.add(ending)
    void ending.then(() => this.#ending.delete(ending))
  }

  /** Drops what waits. Waits for a transaction in progress. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#endCollection()
    await Promise.all(this.#ending)
  }
}

/** What is collected between two joins of the consumer group. */
class Collection<Row> {
  readonly #options: Options<Row>
  readonly #ended: LinkedAbort
  #waiting = new WaitingBatch<Row>()
  #storing = new WaitingBatch<Row>()
  /** The transaction in progress. Never rejects. */
  #transaction: Promise<void> | undefined
  /** Whether what waits is to be stored after the transaction in progress. */
  #isDue = false
  #cancelTimer: () => void = () => undefined
  /** Deliveries whose partition was dropped. */
  readonly #dropped = new WeakSet<Delivery<Row>>()
  /** Deliveries that are being taken, by partition. */
  readonly #arriving = new Map<number, Delivery<Row>>()

  constructor(options: Options<Row>) {
    this.#options = options
    this.#ended = new LinkedAbort(options.signal)
  }

  async take(delivery: Delivery<Row>, stop: AbortSignal): Promise<boolean> {
    const { partition } = delivery.batch
    this.#arriving.set(partition, delivery)
    const isTaken = await this.#takeParts(delivery, stop)
    this.#arriving.delete(partition)
    const storedTo = this.#storedTo(partition)
    if (isTaken && storedTo !== undefined) delivery.onWaiting(storedTo)
    return isTaken
  }

  async #takeParts(delivery: Delivery<Row>, stop: AbortSignal): Promise<boolean> {
    let rest: DecodedBatch<Row> | undefined = delivery.batch
    while (rest !== undefined) {
      await this.#untilRoom(stop)
      if (stop.aborted || this.#ended.signal.aborted || this.#dropped.has(delivery)) return false
      const room: number = this.#options.limits.records - this.#waiting.records
      const [part, tail]: ReturnType<typeof cutBatch<Row>> = cutBatch(rest, room)
      this.#add({ delivery, batch: part })
      rest = tail
    }
    return true
  }

  async storeWaiting(partition: number, stop: AbortSignal): Promise<void> {
    const isOpen = (): boolean => !stop.aborted && !this.#ended.signal.aborted
    while (isOpen() && this.#storedTo(partition) !== undefined) {
      if (this.#waiting.firstOffsetOf(partition) !== undefined) this.#storeNow()
      if (this.#transaction) await unlessAborted(this.#transaction, stop)
    }
  }

  /** Drops what waits. Resolves when the transaction in progress has ended. */
  async end(): Promise<void> {
    this.#ended.abort()
    this.#ended[Symbol.dispose]()
    this.#cancelTimer()
    while (this.#transaction) await this.#transaction
  }

  /** The offset before which all records of the partition are stored, or undefined if none wait. */
  #storedTo(partition: number): number | undefined {
    return this.#storing.firstOffsetOf(partition) ?? this.#waiting.firstOffsetOf(partition)
  }

  get #isFull(): boolean {
    const { records, bytes } = this.#waiting
    return records >= this.#options.limits.records || bytes >= maxWaitingBytes
  }

  async #untilRoom(stop: AbortSignal): Promise<void> {
    while (this.#isFull && !stop.aborted && this.#transaction)
      await unlessAborted(this.#transaction, stop)
  }

  #add(part: WaitingPart<Row>): void {
    const { clock, limits } = this.#options
    if (this.#waiting.isEmpty) {
      const store = (): void => {
        this.#storeNow()
      }
      this.#cancelTimer = clock.after(Math.min(limits.withinMs, maxTimeoutMs), store)
    }
    this.#waiting.add(part)
    if (this.#isFull) this.#storeNow()
  }

  #storeNow(): void {
    if (this.#waiting.isEmpty || this.#ended.signal.aborted) return
    this.#isDue = true
    this.#transaction ??= this.#storeWhileDue()
  }

  async #storeWhileDue(): Promise<void> {
    await this.#storeOnce()
    const isDue = this.#isDue && !this.#waiting.isEmpty && !this.#ended.signal.aborted
    this.#transaction = isDue ? this.#storeWhileDue() : undefined
  }

  async #storeOnce(): Promise<void> {
    const { signal } = this.#ended
    const batch = this.#waiting
    this.#cancelTimer()
    this.#isDue = false
    this.#waiting = new WaitingBatch()
    this.#storing = batch
    try {
      const moved = await this.#options.store(batch.batches, signal)
      if (!signal.aborted) this.#report(batch, moved)
    } catch (error) {
      if (!signal.aborted) this.#fail(batch, error)
    }
  }

  #report(batch: WaitingBatch<Row>, moved: ReadonlySet<number>): void {
    this.#storing = new WaitingBatch()
    for (const { delivery, batch: part } of batch.parts) {
      if (!moved.has(part.partition)) delivery.onStored(part)
    }
    for (const partition of moved) this.#drop(batch, partition)
  }

  /** Drops what waits of a partition that another consumer has continued. */
  #drop(batch: WaitingBatch<Row>, partition: number): void {
    const first = batch.parts.find((part) => part.batch.partition === partition)
    const arriving = this.#arriving.get(partition)
    if (arriving) this.#dropped.add(arriving)
    this.#waiting.drop(partition)
    if (this.#waiting.isEmpty) {
      this.#isDue = false
      this.#cancelTimer()
    }
    first?.delivery.readAgain(first.batch.expectedOffset)
  }

  #fail(batch: WaitingBatch<Row>, error: unknown): void {
    this.#ended.abort()
    batch.parts[0]?.delivery.fail(error)
  }
}
