import type { BatchHandler, ConsumedBatch, FeedSession } from '../adapters/kafka/consumed-batch.ts'
import type { Logger } from '../runtime/logger.ts'
import { errorFields } from '../runtime/logger.ts'
import { LinkedAbort } from '../runtime/abort.ts'
import { retryForever } from '../runtime/retry.ts'
import { PrimaryKeyError } from '../adapters/postgres/tables/check-primary-key.ts'
import { containsOffset } from '../ledger/ledger.ts'
import type { BatchStore } from '../ledger/batch.ts'
import type { Decode } from './decode-batch.ts'
import { decodeBatch } from './decode-batch.ts'
import type { LocatedPosition, PartitionLocator, Position } from './position/locate-partition.ts'
import type { OnWritten } from './store-batch.ts'
import { BatchStorer } from './store-batch.ts'
import type { PipelineMetrics } from './stream-metrics.ts'
import type { UnreadablePartitions } from './unreadable-partitions.ts'

type Options<Row> = {
  readonly decode: Decode<Row>
  readonly store: BatchStore<Row>
  readonly locator: Pick<PartitionLocator, 'locate'>
  readonly unreadable: Pick<UnreadablePartitions, 'report' | 'clear' | 'clearAll'>
  readonly metrics: PipelineMetrics
  /** Called after each committed transaction. */
  readonly onWritten: OnWritten<Row>
  readonly logger: Logger
  /** Aborts when the service is to stop. */
  readonly signal: AbortSignal
}

/** Why and since when a partition's batch cannot be stored. */
type Outage = {
  /** Milliseconds of the monotonic clock. */
  readonly startedAt: number
  /** The latest error. */
  readonly error: unknown
}

type LocateRequest = {
  readonly positions: Map<number, Position>
  readonly from: number
  readonly stop: AbortSignal
}

/** Stands for no partition in `#outages`. */
const noPartition = -1
const heartbeatIntervalMs = 2_000
/** After this many seeks to an offset that all led to the same later offset, there is no record between them. */
const maxFutileSeeks = 4

/**
 * Handles the batches of a pipeline. The ledger decides where a partition continues, not Kafka's
 * committed offset. The position is read from the ledger again after a rebalance, after a broker
 * reconnected, and whenever a batch does not start where the last one ended.
 */
export class StreamConsumer<Row> {
  readonly #options: Options<Row>
  readonly #storer: BatchStorer<Row>
  /** Next position of each partition whose last record has been verified. */
  #positions = new Map<number, Position>()
  /** Seeks after which the client continued at a later offset than requested, by partition. */
  readonly #skippedRanges = new Map<number, { from: number; to: number; times: number }>()
  readonly #outages = new Map<number, Outage>()

  constructor(options: Options<Row>) {
    this.#options = options
    this.#storer = new BatchStorer(options.store, options.onWritten)
  }

  /** The errors because of which batches cannot be stored now. */
  get outageErrors(): unknown[] {
    return [...this.#outages.values()].map(({ error }) => error)
  }

  /** Repeats `work` before the first batch, until an outage ends. */
  beforeStart(work: () => Promise<void>): Promise<void> {
    return this.#retryUntilStored(work, noPartition, this.#options.signal)
  }

  /** Discards all positions after a rebalance, because other consumers may have moved the ledgers. */
  onRejoin(): void {
    this.invalidatePositions()
    // Outages of partitions that moved to other consumers are now handled there.
    this.#outages.clear()
    this.#options.metrics.outage(false)
    this.#options.unreadable.clearAll()
  }

  /**
   * Discards all positions. After a broker reconnects its log may be a different one, even without a
   * rebalance. A batch in progress writes its position to the discarded map only.
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
        if (batch.unreadable) {
          await this.#handleUnreadable(batch, session, stop)
          return undefined
        }
        const settled = await this.#settle(batch, session, stop)
        if (settled !== undefined) metrics.lag(batch.partition, batch.highWatermark - settled)
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
    const origin = { logId, partition }
    const entries = await decodeBatch(unsettledRecords, (record) =>
      this.#options.decode(record, origin),
    )
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
    this.#options.unreadable.clear(partition)
    return followingOffset
  }

  /**
   * Reports the partition if the ledger is at the offset that cannot be read: then nothing more of it
   * can be stored. Otherwise seeks to the ledger. The last record is verified before, so that a new
   * log is recognized; if it cannot be read, it is not verified.
   */
  async #handleUnreadable(
    batch: ConsumedBatch,
    session: FeedSession,
    stop: AbortSignal,
  ): Promise<void> {
    const { partition, fetchedOffset } = batch
    const { locator, unreadable } = this.#options
    const positions = this.#positions
    const fetched = { partition, from: fetchedOffset, to: fetchedOffset, records: [] }
    const locate = () => locator.locate(fetched, positions.get(partition))
    const located = await this.#retryUntilStored(locate, partition, stop)
    const { logId, nextOffset, offsetToVerify = fetchedOffset } = located
    if (session.isStale()) return
    if (offsetToVerify === fetchedOffset && nextOffset === fetchedOffset) {
      await unreadable.report(logId, batch)
      return
    }
    positions.delete(partition)
    if (offsetToVerify === fetchedOffset) positions.set(partition, { logId, nextOffset })
    session.seek(offsetToVerify === fetchedOffset ? nextOffset : offsetToVerify)
  }

  /**
   * Returns the offset from which the batch is complete. Offsets that hold only transaction markers
   * of other producers never arrive as a batch. If the same seek has led to the same later offset
   * several times, there is no record between the two offsets.
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
    // A batch that starts before the known position does not continue it.
    const predecessor = known && known.nextOffset < from ? known : undefined
    const locate = () => this.#options.locator.locate({ partition, from, to, records }, predecessor)
    const located = await this.#retryUntilStored(locate, partition, stop)
    if (located.offsetToVerify === undefined) positions.set(partition, located)
    else positions.delete(partition)
    return located
  }

  /** Retries until `attempt` succeeds or `stop` aborts. Logs the start and the end of an outage once. */
  async #retryUntilStored<T>(
    attempt: () => Promise<T>,
    partition: number,
    stop: AbortSignal,
  ): Promise<T> {
    const result = await retryForever(attempt, {
      firstMs: 100,
      maxMs: 5_000,
      signal: stop,
      isOutage: (error) => !(error instanceof PrimaryKeyError),
      onFailure: (error) => {
        this.#startOutage(partition, error)
      },
    })
    this.#endOutage(partition)
    return result
  }

  #startOutage(partition: number, error: unknown): void {
    const startedAt = this.#outages.get(partition)?.startedAt
    this.#outages.set(partition, { startedAt: startedAt ?? performance.now(), error })
    if (startedAt !== undefined || this.#outages.size > 1) return
    this.#options.metrics.outage(true)
    this.#options.logger.warn(errorFields(error), 'outage-began')
  }

  /** The outage ends when it has ended for every partition. */
  #endOutage(partition: number): void {
    const startedAt = this.#outages.get(partition)?.startedAt
    this.#outages.delete(partition)
    if (startedAt === undefined || this.#outages.size > 0) return
    this.#options.logger.info(
      { seconds: Math.round(performance.now() - startedAt) / 1000 },
      'outage-ended',
    )
    this.#options.metrics.outage(false)
  }
}

/**
 * Runs `work` and sends heartbeats at the same time. The signal aborts when the service stops or a
 * heartbeat fails because the group has assigned the partition to another consumer. In that case the
 * heartbeat's error is thrown, so that the client joins the group again.
 */
async function withHeartbeats<T>(
  session: FeedSession,
  serviceStop: AbortSignal,
  work: (stop: AbortSignal) => Promise<T>,
): Promise<T> {
  using stop = new LinkedAbort(serviceStop)
  let heartbeatError: unknown
  const timer = setInterval(() => {
    session.heartbeat().catch((error: unknown) => {
      heartbeatError = error
      stop.abort(error)
    })
  }, heartbeatIntervalMs)
  try {
    const result = await work(stop.signal)
    if (heartbeatError !== undefined) throw heartbeatError as Error
    return result
  } finally {
    clearInterval(timer)
  }
}
