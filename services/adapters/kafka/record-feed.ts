import type { Batch, Consumer, EachBatchPayload, IHeaders, Kafka, KafkaMessage } from 'kafkajs'
import type { Log } from '../../runtime/log.ts'
import { errorFields } from '../../runtime/log.ts'
import { metadataMaxAge } from './client.ts'
import { Silence } from './silence.ts'

/** A record as the feed hands it on. */
export type FedRecord = {
  readonly offset: number
  readonly key: Buffer | null
  readonly value: Buffer | null
  readonly headers: readonly (readonly [name: string, value: Buffer])[]
  /** When the broker appended it, in microseconds since the Unix epoch. */
  readonly appendedAt: number
}

/** Records of one partition that one fetch brought. */
export type FedBatch = {
  readonly partition: number
  /** The offset that the fetch asked for. */
  readonly fetchedOffset: number
  readonly records: readonly FedRecord[]
  /** The offset after the last one of the batch. */
  readonly endOffset: number
  readonly highWatermark: number
}

/** What a handler may ask of the group while it works on a batch. */
export type FeedSession = {
  /** Tells the group that we live; rejects when it has given the partition to another. */
  readonly heartbeat: () => Promise<void>
  /** Goes on from `offset` with the next fetch; what is left of this batch is dropped. */
  readonly seek: (offset: number) => void
  /** True once the batch is no longer ours to work on. */
  readonly isStale: () => boolean
}

/**
 * Works on one batch.
 *
 * @returns the offset up to which all is settled, or undefined where nothing is
 */
export type BatchHandler = (batch: FedBatch, session: FeedSession) => Promise<number | undefined>

export type FeedOptions = {
  readonly topic: string
  readonly groupId: string
  readonly log: Log
  /** Called after every join, before the first batch of the new assignment. */
  readonly onJoin: (partitions: readonly number[]) => void
  /** Whether the group is told how far it is; by default it is. */
  readonly commits?: boolean
  /** How much a fetch waits for, and for how long; by default for the first byte. */
  readonly fetch?: { readonly minBytes: number; readonly maxWaitMs: number }
}

/** After this long without a heartbeat the group gives a member's partitions to another. */
export const sessionTimeoutMs = 10_000
const heartbeatIntervalMs = 3_000
/** While a partition is behind; once it has caught up, every batch commits. */
const commitIntervalMs = 5_000
const maxBytesPerPartition = 1_048_576
/** While the batch of one partition is on its way to the database, that of another is decoded. */
export const partitionsConsumedConcurrently = 3

/** Reads the topic as a member of a group, a batch at a time. */
export class RecordFeed {
  readonly #consumer: Consumer
  readonly #options: FeedOptions
  readonly #failed: Promise<never>
  #silence: Silence | undefined
  #joined = false
  /** By partition, in milliseconds. */
  readonly #nextCommit = new Map<number, number>()

  constructor(kafka: Kafka, options: FeedOptions) {
    this.#options = options
    this.#consumer = kafka.consumer({
      groupId: options.groupId,
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: 2 * sessionTimeoutMs,
      heartbeatInterval: heartbeatIntervalMs,
      maxBytesPerPartition,
      metadataMaxAge,
      minBytes: options.fetch?.minBytes ?? 1,
      maxWaitTimeInMs: options.fetch?.maxWaitMs ?? 500,
      allowAutoTopicCreation: false,
      retry: { restartOnFailure: () => Promise.resolve(true) },
    })
    this.#failed = new Promise((_, reject) => {
      this.#consumer.on(this.#consumer.events.CRASH, ({ payload }) => {
        this.#joined = false
        options.log.warn({ ...errorFields(payload.error), restart: payload.restart }, 'feed-broke')
        if (!payload.restart) reject(payload.error)
      })
      this.#silence = this.#watchSilence(reject)
    })
    this.#failed.catch(() => undefined)
    this.#consumer.on(this.#consumer.events.GROUP_JOIN, ({ payload }) => {
      this.#joined = true
      const partitions = payload.memberAssignment[options.topic] ?? []
      options.log.info({ partitions }, 'group-joined')
      options.onJoin(partitions)
    })
    this.#consumer.on(this.#consumer.events.REBALANCING, () => {
      this.#joined = false
    })
  }

  /** The client has an answer from Kafka, or says that there is none, every few seconds. */
  #watchSilence(onSilence: (error: Error) => void): Silence {
    const silence = new Silence((seconds) => {
      this.#joined = false
      onSilence(new Error(`the Kafka client has stood still for ${seconds} s`))
    })
    const { REQUEST, REQUEST_TIMEOUT, CRASH } = this.#consumer.events
    this.#consumer.on(REQUEST, silence.heard)
    this.#consumer.on(REQUEST_TIMEOUT, silence.heard)
    this.#consumer.on(CRASH, silence.heard)
    return silence
  }

  /** Whether the group has given this member its partitions. */
  get joined(): boolean {
    return this.#joined
  }

  /** Rejects when the client has given up for good, or has stood still for minutes. */
  get failed(): Promise<never> {
    return this.#failed
  }

  async run(handler: BatchHandler): Promise<void> {
    await this.#consumer.connect()
    await this.#consumer.subscribe({ topics: [this.#options.topic], fromBeginning: true })
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
    let sought: number | undefined
    const settled = await handler(toFedBatch(batch), {
      heartbeat: () => payload.heartbeat(),
      isStale,
      seek: (offset) => {
        sought = offset
        this.#consumer.seek({ topic, partition, offset: String(offset) })
      },
    })
    if (settled !== undefined) {
      payload.resolveOffset(String(settled - 1))
      await payload.heartbeat()
      const isBehind = settled < Number(batch.highWatermark)
      if (isBehind && Date.now() < (this.#nextCommit.get(partition) ?? 0)) return
    }
    // After a seek too: where it leads to the end of the partition, no batch follows to say it.
    const reached = settled ?? sought
    if (reached !== undefined && this.#options.commits !== false)
      await this.#commit(payload, reached)
  }

  /** For those who ask for the lag: the ledger says where to go on. */
  async #commit(payload: EachBatchPayload, offset: number): Promise<void> {
    const { topic, partition } = payload.batch
    const partitions = [{ partition, offset: String(offset) }]
    await payload.commitOffsetsIfNecessary({ topics: [{ topic, partitions }] })
    this.#nextCommit.set(partition, Date.now() + commitIntervalMs)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#silence?.end()
    await this.#consumer.disconnect()
  }
}

function toFedBatch(batch: Batch): FedBatch {
  // kafkajs has the field, its types do not.
  const { fetchedOffset } = batch as Batch & { readonly fetchedOffset: string }
  return {
    partition: batch.partition,
    fetchedOffset: Number(fetchedOffset),
    records: batch.messages.map(toFedRecord),
    endOffset: Number(batch.lastOffset()) + 1,
    highWatermark: Number(batch.highWatermark),
  }
}

function toFedRecord(message: KafkaMessage): FedRecord {
  return {
    offset: Number(message.offset),
    key: message.key,
    value: message.value,
    headers: toHeaders(message.headers ?? {}),
    appendedAt: Number(message.timestamp) * 1000,
  }
}

/**
 * Only what is bytes or a text: for a header called `constructor` kafkajs hands over what every
 * object inherits under that name, and for one without a value null.
 */
function toHeaders(headers: IHeaders): FedRecord['headers'] {
  const kept: (readonly [name: string, value: Buffer])[] = []
  for (const name of Object.keys(headers)) {
    const value = headers[name]
    if (Buffer.isBuffer(value)) kept.push([name, value])
    else
      for (const item of [value].flat())
        if (isHeaderValue(item)) kept.push([name, Buffer.from(item)])
  }
  return kept
}

function isHeaderValue(item: unknown): item is string | Buffer {
  return typeof item === 'string' || Buffer.isBuffer(item)
}
