import type { BatchHandler, ConsumedBatch, FeedSession } from '../adapters/kafka/consumed-batch.ts'
import type { Logger } from '../runtime/logger.ts'
import { errorFields } from '../runtime/logger.ts'
import { LinkedAbort } from '../runtime/abort.ts'
import { retryForever } from '../runtime/retry.ts'
import { containsOffset } from '../ledger/ledger.ts'
import type { BatchStore } from '../ledger/batch.ts'
import type { Decode } from './decode-batch.ts'
import { decodeBatch } from './decode-batch.ts'
import type { LocatedPosition, PartitionLocator, Position } from './locate-partition.ts'
import type { OnWritten } from './store-batch.ts'
import { BatchStorer } from './store-batch.ts'
import type { PipelineMetrics } from './stream-metrics.ts'

type Options<Row> = {
  readonly decode: Decode<Row>
  readonly store: BatchStore<Row>
  readonly locator: Pick<PartitionLocator, 'locate'>
  readonly metrics: PipelineMetrics
  /** Told of each transaction that was committed. */
  readonly onWritten: OnWritten<Row>
  readonly logger: Logger
  /** Aborts when the service is to stop. */
  readonly signal: AbortSignal
}

type LocateRequest = {
  readonly positions: Map<number, Position>
  readonly from: number
  readonly stop: AbortSignal
}

const heartbeatMs = 2_000
const maxFutileSeeks = 4

/**
 * What the consumer does with each batch. The ledger says where a partition goes on, not Kafka's
 * committed offset: after a join, after Kafka was away, and whenever a batch does not begin where
 * the last one ended, the position is read again from the ledger.
 */
export class StreamConsumer<Row> {
  readonly #options: Options<Row>
  readonly #storer: BatchStorer<Row>
  /** Where partitions go on of which the last record has been seen. */
  #positions = new Map<number, Position>()
  /** Seeks after which the client went on behind the offset that was sought. */
  readonly #skippedRanges = new Map<number, { from: number; to: number; times: number }>()
  /** Since when nothing has been stored of a partition, as `performance.now` has it, by partition. */
  readonly #outageStarts = new Map<number, number>()

  constructor(options: Options<Row>) {
    this.#options = options
    this.#storer = new BatchStorer(options.store, options.onWritten)
  }

  /** Whether the database takes what we write. */
  get isInOutage(): boolean {
    return this.#outageStarts.size > 0
  }

  /** After a join nothing is known of any partition. */
  onRejoin(): void {
    this.invalidatePositions()
    // Those that went to others are theirs to outlast.
    this.#outageStarts.clear()
    this.#options.metrics.outage(false)
  }

  /**
   * After a broker was away its log may be another, although nobody has joined: all that is known
   * is looked at again. A batch that is under way keeps what it finds to itself.
   */
  invalidatePositions(): void {
    this.#positions = new Map()
    this.#skippedRanges.clear()
  }

  readonly handleBatch: BatchHandler = async (batch, session) => {
    const { signal, metrics } = this.#options
    return withHeartbeats(session, signal, async (stop) => {
      const endTimer = metrics.startBatchTimer()
      try {
        const settled = await this.#settle(batch, session, stop)
        if (settled !== undefined) {
          metrics.lag(batch.partition, batch.highWatermark - settled)
        }
        endTimer()
        return settled
      } catch (error) {
        if (stop.aborted) return undefined
        throw error
      }
    })
  }

  async #settle(
    batch: ConsumedBatch,
    session: FeedSession,
    stop: AbortSignal,
  ): Promise<number | undefined> {
    const { partition } = batch
    const from = this.#effectiveStart(batch)
    const positions = this.#positions
    const position = await this.#positionFor(batch, { positions, from, stop })
    if (session.isStale()) return undefined
    const { logId, nextOffset, offsetToVerify } = position
    if (
      offsetToVerify !== undefined ||
      !containsOffset({ from, to: batch.endOffset }, nextOffset)
    ) {
      this.#seek(batch, session, offsetToVerify ?? nextOffset)
      return undefined
    }
    this.#skippedRanges.delete(partition)
    const unsettledRecords = batch.records.filter(({ offset }) => offset >= nextOffset)
    const entries = await decodeBatch(unsettledRecords, this.#options.decode)
    if (session.isStale()) return undefined
    const followingOffset = batch.endOffset
    const decoded = { logId, partition, expectedOffset: nextOffset, followingOffset, entries }
    if (
      !(await this.#storer.store(decoded, (attempt) =>
        this.#retryUntilStored(attempt, partition, stop),
      ))
    ) {
      positions.delete(partition)
      return undefined
    }
    positions.set(partition, { logId, nextOffset: followingOffset })
    return followingOffset
  }

  /**
   * From where on a batch leaves nothing out: offsets that hold only the marks of other people's
   * transactions never come as a batch. Only when the client has leapt to the same offset several
   * times, each time after the same seek, is there nothing between the two.
   */
  #effectiveStart({ partition, fetchedOffset }: ConsumedBatch): number {
    const last = this.#skippedRanges.get(partition)
    const isRepeatedSkip = last?.to === fetchedOffset && last.times >= maxFutileSeeks
    return isRepeatedSkip ? last.from : fetchedOffset
  }

  #seek({ partition, fetchedOffset }: ConsumedBatch, session: FeedSession, offset: number): void {
    const last = this.#skippedRanges.get(partition)
    const isSame = last?.from === offset && last.to === fetchedOffset
    const times = isSame ? last.times + 1 : 1
    if (offset < fetchedOffset)
      this.#skippedRanges.set(partition, { from: offset, to: fetchedOffset, times })
    session.seek(offset)
  }

  async #positionFor(
    batch: ConsumedBatch,
    { positions, from, stop }: LocateRequest,
  ): Promise<LocatedPosition> {
    const { partition, endOffset: to, records } = batch
    const known = positions.get(partition)
    if (known?.nextOffset === from) return known
    // What begins before the end of what was read is no sequel of it.
    const predecessor = known && known.nextOffset < from ? known : undefined
    const locate = () => this.#options.locator.locate({ partition, from, to, records }, predecessor)
    const located = await this.#retryUntilStored(locate, partition, stop)
    if (located.offsetToVerify === undefined) positions.set(partition, located)
    else positions.delete(partition)
    return located
  }

  /** Tries until it succeeds or the batch is no longer ours; logs the outage once, and its end. */
  async #retryUntilStored<T>(
    attempt: () => Promise<T>,
    partition: number,
    stop: AbortSignal,
  ): Promise<T> {
    const result = await retryForever(attempt, {
      firstMs: 100,
      maxMs: 5_000,
      signal: stop,
      onFailure: (error) => {
        this.#startOutage(partition, error)
      },
    })
    this.#endOutage(partition)
    return result
  }

  #startOutage(partition: number, error: unknown): void {
    if (this.#outageStarts.has(partition)) return
    this.#outageStarts.set(partition, performance.now())
    if (this.#outageStarts.size > 1) return
    this.#options.metrics.outage(true)
    this.#options.logger.warn(errorFields(error), 'outage-began')
  }

  /** It is over when it is for every partition. */
  #endOutage(partition: number): void {
    const since = this.#outageStarts.get(partition)
    if (!this.#outageStarts.delete(partition) || since === undefined || this.isInOutage) return
    this.#options.logger.info(
      { seconds: Math.round(performance.now() - since) / 1000 },
      'outage-ended',
    )
    this.#options.metrics.outage(false)
  }
}

/**
 * Runs `work` with heartbeats going on beside it. Its signal aborts when the service stops, or
 * when the group has given the partition away; in the second case the group's error is thrown,
 * so that the client joins again.
 */
async function withHeartbeats<T>(
  session: FeedSession,
  service: AbortSignal,
  work: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  using stop = new LinkedAbort(service)
  let heartbeatError: unknown
  const timer = setInterval(() => {
    session.heartbeat().catch((error: unknown) => {
      heartbeatError = error
      stop.abort(error)
    })
  }, heartbeatMs)
  try {
    const result = await work(stop.signal)
    if (heartbeatError !== undefined) throw heartbeatError as Error
    return result
  } finally {
    clearInterval(timer)
  }
}
