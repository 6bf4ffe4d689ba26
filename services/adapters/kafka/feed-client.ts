import type { Consumer, EachBatchPayload, Kafka } from 'kafkajs'
import type { Logger } from '../../runtime/logger.ts'
import { metadataMaxAgeMs } from './client.ts'
import type { BatchHandler } from './consumed-batch.ts'
import { toConsumedBatch } from './consumed-batch.ts'
import { withTimeout } from './with-timeout.ts'
import { PeriodicCommits } from './periodic-commits.ts'
import { InactivityWatchdog } from './inactivity-watchdog.ts'

/** Goes on from `offset` with the partition's next fetch, while the partition is this member's. */
export type Seek = (partition: number, offset: number) => void

export type FeedOptions = {
  readonly topic: string
  readonly groupId: string
  readonly logger: Logger
  /** Called after every join, before the first batch of the new assignment. */
  readonly onJoin: (partitions: readonly number[], seek: Seek) => void
  /** Whether the group is told how far it is; by default it is. */
  readonly commits?: boolean
  /** How much a fetch waits for, and for how long; by default for the first byte. */
  readonly fetch?: { readonly minBytes: number; readonly maxWaitMs: number }
}

/** After this long without a heartbeat the group gives a member's partitions to another. */
export const sessionTimeoutMs = 10_000
const heartbeatIntervalMs = 3_000
const maxBytesPerPartition = 1_048_576
/**
 * Small batches of one fetch share a transaction, so they are handled at once; and while a large one
 * is on its way to the database, another is decoded.
 */
export const partitionsConsumedConcurrently = 6
const leaveTimeoutMs = 5_000

/**
 * One life of a member of a group: it works until it breaks or is disposed, and then never comes
 * back. kafkajs would start it again by itself, even when it was disconnected meanwhile: such a
 * member keeps its partitions for good.
 */
export class FeedClient implements AsyncDisposable {
  readonly #consumer: Consumer
  readonly #options: FeedOptions
  readonly #failure: Promise<never>
  readonly #watchdog: InactivityWatchdog
  #started: Promise<void> = Promise.resolve()
  #isDisposed = false
  #wasMember = false
  #joined = false
  readonly #commits: PeriodicCommits

  constructor(kafka: Kafka, options: FeedOptions) {
    this.#options = options
    this.#consumer = kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: 2 * sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
      maxBytesPerPartition,
      metadataMaxAge: metadataMaxAgeMs,
      minBytes: options.fetch?.minBytes ?? 1,
      maxWaitTimeInMs: options.fetch?.maxWaitMs ?? 500,
      allowAutoTopicCreation: false,
      retry: { restartOnFailure: () => Promise.resolve(false) },
    })
    let onFailure: (error: Error) => void = () => undefined
    this.#failure = new Promise((_, reject) => (onFailure = reject))
    this.#failure.catch(() => undefined)
    this.#commits = new PeriodicCommits(options.commits ?? true)
    this.#watchdog = new InactivityWatchdog((seconds) => {
      onFailure(new Error(`the Kafka client has stood still for ${seconds} s`))
    })
    this.#listen(onFailure)
  }

  #listen(onCrash: (error: Error) => void): void {
    const { logger, topic, onJoin } = this.#options
    const { CRASH, GROUP_JOIN, REBALANCING, REQUEST, REQUEST_TIMEOUT } = this.#consumer.events
    // It has an answer from Kafka, or says that there is none, every few seconds.
    this.#consumer.on(REQUEST, this.#watchdog.reset)
    this.#consumer.on(REQUEST_TIMEOUT, this.#watchdog.reset)
    this.#consumer.on(CRASH, ({ payload }) => {
      onCrash(payload.error)
    })
    this.#consumer.on(REBALANCING, () => {
      this.#joined = false
    })
    this.#consumer.on(GROUP_JOIN, ({ payload }) => {
      this.#joined = true
      this.#wasMember = true
      const partitions = payload.memberAssignment[topic] ?? []
      this.#commits.clear()
      logger.info({ partitions }, 'group-joined')
      onJoin(partitions, (partition, offset) => {
        this.#consumer.seek({ topic, partition, offset: String(offset) })
      })
    })
  }

  /** Whether the group has given this member its partitions. */
  get joined(): boolean {
    return this.#joined
  }

  /** Whether it ever was a member. */
  get wasMember(): boolean {
    return this.#wasMember
  }

  /** Hands batches to the handler until it breaks: throws what broke it. */
  async run(handler: BatchHandler): Promise<never> {
    this.#started = this.#start(handler)
    try {
      await Promise.race([this.#started, this.#failure])
      return await this.#failure
    } finally {
      this.#joined = false
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
    const { topic, partition } = batch
    const isStale = (): boolean => !payload.isRunning() || payload.isStale()
    if (isStale()) return
    let seekOffset: number | undefined
    const settled = await handler(toConsumedBatch(batch), {
      heartbeat: () => payload.heartbeat(),
      isStale,
      seek: (offset) => {
        seekOffset = offset
        this.#consumer.seek({ topic, partition, offset: String(offset) })
      },
    })
    if (settled !== undefined) {
      payload.resolveOffset(String(settled - 1))
      await payload.heartbeat()
    }
    // After a seek too: where it leads to the end of the partition, no batch follows to say it.
    const reached = settled ?? seekOffset
    if (reached !== undefined) this.#commits.setOffset(payload, reached)
  }

  /**
   * Leaves the group. While it joins, kafkajs does not take a disconnect for an end: so that comes
   * afterwards, if need be when nobody waits for it any more.
   */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#isDisposed = true
    this.#watchdog.stop()
    const left = this.#started
      .catch(() => undefined)
      .then(() => this.#commits[Symbol.asyncDispose]())
      .then(() => this.#consumer.disconnect())
    await withTimeout(left, leaveTimeoutMs).catch(() => undefined)
  }
}
