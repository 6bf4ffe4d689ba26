import type { BatchHandler, ConsumedBatch, FeedSession } from '../adapters/kafka/consumed-batch.ts'
import { LinkedAbort } from '../runtime/abort.ts'
import type { DecodedBatch, SourceRecord } from '../ledger/batch.ts'
import { containsOffset } from '../ledger/ledger.ts'
import type { Decode } from './decode-batch.ts'
import { decodeBatch } from './decode-batch.ts'
import type { LocatedPosition, PartitionLocator, Position } from './position/locate-partition.ts'
import type { BatchIntake, Delivery } from './storing/batch-intake.ts'
import type { Outages } from './storing/outages.ts'
import { noPartition } from './storing/outages.ts'
import type { PipelineMetrics } from './stream-metrics.ts'
import type { UnreadablePartitions } from './unreadable-partitions.ts'

type Options<Row> = {
  readonly decode: Decode<Row>
  readonly intake: BatchIntake<Row>
  readonly outages: Outages
  readonly locator: Pick<PartitionLocator, 'locate'>
  readonly unreadable: Pick<UnreadablePartitions, 'report' | 'clear' | 'clearAll'>
  readonly metrics: PipelineMetrics
  /** Aborts when the service is to stop. */
  readonly signal: AbortSignal
}

/** A batch that is handled, and what the handling needs. */
type Handling = {
  readonly batch: ConsumedBatch
  readonly session: FeedSession
  readonly stop: AbortSignal
  /** Call when the whole batch is stored. */
  readonly endTimer: () => void
}

type LocateRequest = {
  readonly positions: Map<number, Position>
  readonly from: number
  readonly stop: AbortSignal
}

const heartbeatIntervalMs = 2_000
/** After this many seeks to an offset that all led to the same later offset, there is no record between them. */
const maxFutileSeeks = 4

/**
 * Handles the batches of a pipeline. The ledger decides where a partition continues, not Kafka's
 * committed offset. The position is read from the ledger again after a rebalance, after a broker
 * reconnected, and whenever a batch does not start where the last one ended.
 */
export class StreamConsumer<Row> implements AsyncDisposable {
  readonly #options: Options<Row>
  /**
   * Next position to read of each partition whose last record has been verified. The ledger is behind
   * it while records wait to be stored.
   */
  #positions = new Map<number, Position>()
  /** Seeks after which the client continued at a later offset than requested, by partition. */
  readonly #skippedRanges = new Map<number, { from: number; to: number; times: number }>()

  constructor(options: Options<Row>) {
    this.#options = options
  }

  /** The errors because of which batches cannot be stored now. */
  get outageErrors(): unknown[] {
    return this.#options.outages.errors
  }

  /** Repeats `work` before the first batch, until an outage ends. */
  beforeStart(work: () => Promise<void>): Promise<void> {
    return this.#options.outages.retry(work, noPartition, this.#options.signal)
  }

  /**
   * Discards all positions, and records that wait, after a rebalance: other consumers may have moved
   * the ledgers.
   */
  onRejoin(): void {
    this.invalidatePositions()
    this.#options.intake.clear()
    // Outages of partitions that moved to other consumers are now handled there.
    this.#options.outages.clear()
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
        return await this.#read({ batch, session, stop, endTimer })
      } catch (error) {
        if (stop.aborted) return undefined
        throw error
      }
    })
  }

  /** Returns the offset up to which the batch was read, or undefined. */
  async #read(handling: Handling): Promise<number | undefined> {
    const { batch, session, stop } = handling
    const { partition } = batch
    const from = this.#effectiveStart(batch)
    const positions = this.#positions
    const position = await this.#positionFor(batch, { positions, from, stop })
    if (session.isStale()) return undefined
    const { nextOffset, offsetToVerify } = position
    if (
      offsetToVerify !== undefined ||
      !isOfTopic(batch, position) ||
      !containsOffset({ from, to: batch.endOffset }, nextOffset)
    ) {
      this.#seek(batch, session, offsetToVerify ?? nextOffset)
      return undefined
    }
    this.#skippedRanges.delete(partition)
    const outcome = await this.#takeRecords(position, handling)
    if (outcome === 'not-taken') positions.delete(partition)
    if (outcome !== 'taken') return undefined
    positions.set(partition, { ...position, nextOffset: batch.endOffset })
    return batch.endOffset
  }

  /**
   * Decodes the records from a position on, and gives them to the intake. A part is decoded while the
   * transaction of the part before it runs.
   *
   * @returns `stale` if records of the session are no longer wanted
   */
  async #takeRecords(
    { logId, nextOffset }: Position,
    handling: Handling,
  ): Promise<'taken' | 'not-taken' | 'stale'> {
    const { batch, session, stop } = handling
    const { partition, endOffset } = batch
    const { intake, decode } = this.#options
    const origin = { logId, partition }
    const unsettled = recordsFrom(nextOffset, batch)
    let expectedOffset = nextOffset
    let at = 0
    do {
      const part = unsettled.slice(at, at + intake.recordsAtOnce)
      at += part.length
      const entries = await decodeBatch(part, (record) => decode(record, origin))
      if (session.isStale()) return 'stale'
      const followingOffset = unsettled[at]?.offset ?? endOffset
      const decoded = { logId, partition, expectedOffset, followingOffset, entries }
      if (!(await intake.take(this.#deliveryOf(decoded, handling), stop))) return 'not-taken'
      expectedOffset = followingOffset
    } while (at < unsettled.length)
    return 'taken'
  }

  #deliveryOf(decoded: DecodedBatch<Row>, { batch, session, endTimer }: Handling): Delivery<Row> {
    const { metrics, unreadable } = this.#options
    const { partition, highWatermark, endOffset } = batch
    return {
      batch: decoded,
      onStored: ({ followingOffset, entries }) => {
        session.settled(followingOffset, entries.length)
        metrics.lag(partition, highWatermark - followingOffset)
        unreadable.clear(partition)
        if (followingOffset === endOffset) endTimer()
      },
      onWaiting: (storedTo) => {
        metrics.lag(partition, highWatermark - storedTo)
      },
      readAgain: session.seek,
      fail: session.fail,
    }
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
    await this.#options.intake.storeWaiting(partition, stop)
    const fetched = { partition, from: fetchedOffset, to: fetchedOffset, records: [] }
    const locate = () => locator.locate(fetched, positions.get(partition))
    const located = await this.#options.outages.retry(locate, partition, stop)
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
    if (known?.nextOffset === from && isOfTopic(batch, known)) return known
    // The ledger decides. It must not be behind because of records that wait.
    await this.#options.intake.storeWaiting(partition, stop)
    // A batch that starts before the known position does not continue it.
    const predecessor = known && known.nextOffset < from ? known : undefined
    const locate = () => this.#options.locator.locate({ partition, from, to, records }, predecessor)
    const located = await this.#options.outages.retry(locate, partition, stop)
    if (located.offsetToVerify === undefined) positions.set(partition, located)
    else positions.delete(partition)
    return located
  }

  /** Drops what waits, and waits for transactions in progress. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.intake[Symbol.asyncDispose]()
  }
}

/** Whether a batch was fetched from the topic of a log, and not from one that was created again. */
function isOfTopic(batch: ConsumedBatch, { topicId }: Position): boolean {
  return batch.topicId === undefined || topicId === undefined || batch.topicId === topicId
}

/** The records of a batch from an offset on. Usually these are all. */
function recordsFrom(nextOffset: number, { records }: ConsumedBatch): readonly SourceRecord[] {
  const [first] = records
  if (first === undefined || first.offset >= nextOffset) return records
  return records.filter(({ offset }) => offset >= nextOffset)
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
