import type { Consumer, ConsumerConfig, EachBatchPayload } from 'kafkajs'
import type { Logger } from '../../runtime/logger.ts'
import { metadataMaxAgeMs } from './client.ts'
import type { ClosableKafka, Connections } from './closable-kafka.ts'
import type { BatchHandler, ConsumedBatch, FeedSession } from './consumed-batch.ts'
import { nodeOf, toConsumedBatch } from './consumed-batch.ts'
import { withTimeout } from './with-timeout.ts'
import type { CommitOptions } from './periodic-commits.ts'
import { PeriodicCommits } from './periodic-commits.ts'
import { InactivityWatchdog } from './inactivity-watchdog.ts'
import { FetchPause } from './pauses/fetch-pause.ts'
import { PartitionPauses } from './pauses/partition-pauses.ts'

/**
 * Makes the next fetch of the partition start at `offset`. Only while this member owns the
 * partition.
 */
export type Seek = (partition: number, offset: number) => void

type FetchOptions = {
  /** A fetch returns after `minBytes` or `maxWaitMs`; by default 1 byte and 500 ms. */
  readonly minBytes?: number
  readonly maxWaitMs?: number
  /** Whether it pauses before a fetch, longer at higher rates (`FetchPause`); by default false. */
  readonly pauses?: boolean
  /** Most bytes of a fetch from one broker; by default 10 MiB. A larger record is fetched alone. */
  readonly maxBytes?: number
}

export type FeedOptions = CommitOptions & {
  readonly topic: string
  readonly groupId: string
  readonly logger: Logger
  /** Called after every join, before the first batch of the new assignment. */
  readonly onJoin: (partitions: readonly number[], seek: Seek) => void
  /**
   * Whether offsets may have no record, as in a compacted topic; by default false: then a gap counts
   * as a damaged file.
   */
  readonly allowGaps?: boolean
  readonly fetch?: FetchOptions | undefined
  /** Whether the id of the topic is read after each fetch with records; by default false. */
  readonly readsTopicId?: boolean
}

/** After this time without a heartbeat the group assigns the partitions of a member to others. */
export const sessionTimeoutMs = 10_000
const heartbeatIntervalMs = 3_000
const maxBytesPerPartition = 1_048_576
const defaultMaxBytes = 10_485_760
/**
 * Small batches of one fetch share a transaction, so they are handled at the same time. While a
 * large batch is written to the database, another one is decoded.
 */
export const partitionsConsumedConcurrently = 6
const leaveTimeoutMs = 5_000

type Handling = {
  readonly batch: ConsumedBatch
  readonly session: FeedSession
  readonly handler: BatchHandler
}

/** Additions of the patch. */
type PatchedConsumerConfig = ConsumerConfig & {
  readonly allowGaps: boolean
}

function consumerSettings(options: FeedOptions): PatchedConsumerConfig {
  const { groupId, fetch, allowGaps } = options
  return {
    groupId,
    sessionTimeout: sessionTimeoutMs,
    rebalanceTimeout: 2 * sessionTimeoutMs,
    heartbeatInterval: heartbeatIntervalMs,
    maxBytesPerPartition,
    maxBytes: fetch?.maxBytes ?? defaultMaxBytes,
    metadataMaxAge: metadataMaxAgeMs,
    minBytes: fetch?.minBytes ?? 1,
    maxWaitTimeInMs: fetch?.maxWaitMs ?? 500,
    // An open transaction of another producer would hide all later records.
    readUncommitted: true,
    allowGaps: allowGaps ?? false,
    allowAutoTopicCreation: false,
    retry: { restartOnFailure: () => Promise.resolve(false) },
  }
}

/**
 * One membership in a consumer group. It ends when the client fails or is disposed, and is never
 * restarted. kafkajs would restart it automatically, even after disconnect(): such a member would
 * keep its partitions forever.
 */
export class FeedClient implements AsyncDisposable {
  readonly #consumer: Consumer & Connections
  readonly #options: FeedOptions
  readonly #failure: Promise<never>
  readonly #fail: (error: unknown) => void
  readonly #watchdog: InactivityWatchdog
  #started: Promise<void> = Promise.resolve()
  #isDisposed = false
  #wasMember = false
  /** On the monotonic clock in milliseconds; undefined if it is not joined. */
  #joinedAt: number | undefined
  /** Number of joins. */
  #generation = 0
  readonly #commits: PeriodicCommits
  readonly #pauses = new PartitionPauses()
  readonly #fetchPause = new FetchPause()
  /** The end of the last batch that was read, by partition. */
  readonly #lastEnds = new Map<number, number>()
  /** The requests for the id of the topic in progress, by broker. */
  readonly #topicIds = new Map<number | undefined, Promise<string | undefined>>()

  constructor(kafka: ClosableKafka, options: FeedOptions) {
    this.#options = options
    this.#consumer = kafka.client((own) => own.consumer(consumerSettings(options)))
    let onFailure: (error: unknown) => void = () => undefined
    this.#failure = new Promise((_, reject) => (onFailure = reject))
    this.#failure.catch(() => undefined)
    this.#fail = onFailure
    this.#commits = new PeriodicCommits(options)
    this.#watchdog = new InactivityWatchdog((seconds) => {
      onFailure(new Error(`The Kafka client has had no response from Kafka for ${seconds} s.`))
    })
    this.#listen(onFailure)
  }

  #listen(onCrash: (error: unknown) => void): void {
    const { logger, topic, onJoin } = this.#options
    const { CRASH, GROUP_JOIN, REBALANCING, REQUEST, REQUEST_TIMEOUT } = this.#consumer.events
    // One of these events occurs every few seconds: a response from Kafka, or a request timeout.
    this.#consumer.on(REQUEST, this.#watchdog.reset)
    this.#consumer.on(REQUEST_TIMEOUT, this.#watchdog.reset)
    this.#consumer.on(CRASH, ({ payload }) => {
      onCrash(payload.error)
    })
    this.#consumer.on(REBALANCING, () => {
      this.#joinedAt = undefined
    })
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#joinedAt = performance.now()
      this.#wasMember = true
      this.#generation += 1
      const partitions = payload.memberAssignment[topic] ?? []
      this.#commits.clear()
      logger.info({ partitions }, 'group-joined')
      onJoin(partitions, (partition, offset) => {
        this.#consumer.seek({ topic, partition, offset: String(offset) })
      })
    })
  }

  /** Whether the group has assigned this member its partitions. */
  get joined(): boolean {
    return this.#joinedAt !== undefined
  }

  /** How long the group has assigned this member partitions; 0 if it has not. */
  get joinedForMs(): number {
    return this.#joinedAt === undefined ? 0 : performance.now() - this.#joinedAt
  }

  /** Whether the group has ever assigned it partitions. */
  get wasMember(): boolean {
    return this.#wasMember
  }

  /** Passes batches to the handler until the client fails. Throws the failure. */
  async run(handler: BatchHandler): Promise<never> {
    this.#started = this.#start(handler)
    try {
      await Promise.race([this.#started, this.#failure])
      return await this.#failure
    } finally {
      this.#joinedAt = undefined
    }
  }

  async #start(handler: BatchHandler): Promise<void> {
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [this.#options.topic], fromBeginning: true })
    if (this.#isDisposed) return
    await this.#consumer.run({
      autoCommit: false,
      partitionsConsumedConcurrently,
      eachBatchAutoResolve: false,
      eachBatch: (payload) => this.#eachBatch(payload, handler),
    })
  }

  async #eachBatch(payload: EachBatchPayload, handler: BatchHandler): Promise<void> {
    const { batch } = payload
    const { partition } = batch
    const seeks: number[] = []
    const session = this.#sessionOf(payload, (offset) => seeks.push(offset))
    if (session.isStale()) return
    const consumedBatch = {
      ...toConsumedBatch(batch, this.#lastEnds.get(partition)),
      topicId: await this.#topicIdAfterFetch(nodeOf(batch)),
    }
    if (!consumedBatch.unreadable) this.#lastEnds.set(partition, consumedBatch.endOffset)
    const nextOffset = await this.#handle({ batch: consumedBatch, session, handler }, nodeOf(batch))
    if (nextOffset !== undefined) {
      payload.resolveOffset(String(nextOffset - 1))
      await payload.heartbeat()
    } else if (consumedBatch.unreadable && seeks.length === 0) this.#pauses.start(payload.pause())
  }

  /** Handles a batch. The client fetches from the broker again when all batches of the fetch are handled. */
  async #handle({ batch, session, handler }: Handling, nodeId: number | undefined) {
    if (this.#options.fetch?.pauses !== true) return handler(batch, session)
    this.#fetchPause.begin(nodeId, batch)
    try {
      return await handler(batch, session)
    } finally {
      await this.#fetchPause.end(nodeId)
    }
  }

  /**
   * The batches of one fetch share a request. The next fetch from the broker begins after all of them
   * were handled, so no request began before the fetch whose batches it is for.
   */
  async #topicIdAfterFetch(nodeId: number | undefined): Promise<string | undefined> {
    const { topic, readsTopicId } = this.#options
    if (readsTopicId !== true) return undefined
    const running = this.#topicIds.get(nodeId)
    if (running) return running
    const reading = this.#consumer.topicId(topic, nodeId).finally(() => {
      this.#topicIds.delete(nodeId)
    })
    this.#topicIds.set(nodeId, reading)
    return reading
  }

  #sessionOf(payload: EachBatchPayload, onSeek: (offset: number) => void): FeedSession {
    const { topic, partition } = payload.batch
    const generation = this.#generation
    const isOver = (): boolean => this.#isDisposed || generation !== this.#generation
    const settled = (offset: number, records: number): void => {
      if (!isOver()) this.#commits.setOffset(payload, offset, records)
    }
    return {
      heartbeat: () => payload.heartbeat(),
      isStale: () => !payload.isRunning() || payload.isStale(),
      settled,
      seek: (offset) => {
        if (isOver()) return
        onSeek(offset)
        this.#consumer.seek({ topic, partition, offset: String(offset) })
        // If it leads to the end of the partition, no further batch reports the offset.
        settled(offset, 0)
      },
      fail: (error) => {
        if (!isOver()) this.#fail(error)
      },
    }
  }

  /**
   * Leaves the group. kafkajs ignores disconnect() while it joins, so we disconnect after the join,
   * without blocking the shutdown for longer than `leaveTimeoutMs`. Then all connections are closed.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    this.#watchdog.stop()
    this.#pauses.stop()
    this.#commits.stop()
    const left = this.#started
      .catch(() => undefined)
      .then(() => this.#commits[Symbol.asyncDispose]())
      .then(() => this.#leave())
    await withTimeout(left, leaveTimeoutMs).catch(() => undefined)
    this.#consumer.close()
  }

  /** kafkajs leaves the group after the fetch in progress, which waits for records. */
  #leave(): Promise<void> {
    const left = this.#consumer.disconnect()
    this.#consumer.endFetches()
    return left
  }
}
