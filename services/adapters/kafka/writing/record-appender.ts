import type { Producer, RecordMetadata } from 'kafkajs'
import { Partitioners } from 'kafkajs'
import type { Logger } from '../../../runtime/logger.ts'
import { errorFields } from '../../../runtime/logger.ts'
import { metadataMaxAgeMs } from '../client.ts'
import type { ClosableKafka } from '../closable-kafka.ts'
import { ReconnectingClient } from '../reconnecting-client.ts'
import type {
  AppendedAt,
  OutgoingRecord,
  RecordAppender,
} from '../../../telemetry/store-interfaces.ts'

/** How many keys have their partition cached; about 10 MB. */
const maxCachedKeys = 100_000
/** How long a broker may wait for its replicas. */
export const replicationTimeoutMs = 6_000
/** The timeout of a send: longer than all timeouts of kafkajs together. */
export const sendTimeoutMs = 30_000

export const producerSettings = {
  idempotent: false,
  allowAutoTopicCreation: false,
  maxInFlightRequests: 1,
  metadataMaxAge: metadataMaxAgeMs,
  createPartitioner: Partitioners.DefaultPartitioner,
  // The caller retries, and decides per partition.
  retry: { retries: 0 },
}

/**
 * Appends records with `acks=all`. Not idempotent, one attempt per call: the idempotent mode of
 * kafkajs loses acknowledged records when a broker dies (docs/decisions/02-exactly-one-row.md).
 * A partition counts as acknowledged only if the response names it.
 */
export class KafkaRecordAppender implements RecordAppender {
  readonly #producer: ReconnectingClient<Producer>
  readonly #topic: string
  readonly #logger: Logger
  #partitions = 0
  /** Cache: the partition of a key changes only when the number of partitions changes. */
  readonly #partitionOfKey = new Map<string, number>()
  /** The number of partitions to use, and from when (`performance.now()`). */
  #growth = { partitions: 0, at: 0 }

  constructor(kafka: ClosableKafka, options: { topic: string; logger: Logger }) {
    const create = () => kafka.client((own) => own.producer(producerSettings))
    this.#producer = new ReconnectingClient(create, sendTimeoutMs)
    this.#topic = options.topic
    this.#logger = options.logger
  }

  async connect(): Promise<void> {
    await this.#producer.use(() => Promise.resolve())
  }

  /**
   * Sets the number of partitions. New partitions are used only after the metadata of the client
   * must include them: a record for an unknown partition would fail.
   */
  setPartitions(count: number): void {
    const now = performance.now()
    if (count !== this.#growth.partitions) {
      const isGrowth = this.#partitions > 0 && count > this.#partitions
      this.#growth = { partitions: count, at: isGrowth ? now + 2 * metadataMaxAgeMs : now }
    }
    if (now < this.#growth.at || this.#partitions === this.#growth.partitions) return
    this.#partitions = this.#growth.partitions
    this.#partitionOfKey.clear()
  }

  async append(records: readonly OutgoingRecord[]): Promise<(AppendedAt | undefined)[]> {
    const partitions = records.map((record) => this.#toPartition(record.key))
    let acknowledged: RecordMetadata[] = []
    try {
      const messages = records.map(({ key, value, headers }, index) => {
        return { key, value, headers, partition: partitions[index] ?? 0 }
      })
      const sent = { topic: this.#topic, acks: -1, timeout: replicationTimeoutMs, messages }
      acknowledged = await this.#producer.use((producer) => producer.send(sent))
    } catch (error) {
      this.#logger.warn({ ...errorFields(error), records: records.length }, 'append-failed')
    }
    return toPositions(partitions, acknowledged)
  }

  #toPartition(key: string): number {
    const cached = this.#partitionOfKey.get(key)
    if (cached !== undefined) return cached
    const partition = partitionOfKey(key, this.#partitions)
    if (this.#partitionOfKey.size >= maxCachedKeys) this.#partitionOfKey.clear()
    this.#partitionOfKey.set(key, partition)
    return partition
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#producer[Symbol.asyncDispose]()
  }
}

const choosePartition = Partitioners.DefaultPartitioner()

/** The partition of a key, as Kafka's Java client chooses it. */
export function partitionOfKey(key: string, partitions: number): number {
  const partitionMetadata = Array.from({ length: partitions }, (_, partitionId) => ({
    partitionId,
    ...{ partitionErrorCode: 0, leader: 0, replicas: [], isr: [] },
  }))
  return choosePartition({ topic: '', partitionMetadata, message: { key, value: null } })
}

/**
 * The position of each record, from the base offset of its partition: the records of a partition
 * keep their order within a send.
 *
 * @param partitions the partition of each record, in the order of sending
 * @param acknowledged the response of the brokers
 * @returns undefined for a record that was not acknowledged
 */
export function toPositions(
  partitions: readonly number[],
  acknowledged: readonly RecordMetadata[],
): (AppendedAt | undefined)[] {
  const next = new Map<number, number>()
  for (const { partition, errorCode, baseOffset } of acknowledged) {
    if (errorCode === 0 && baseOffset !== undefined) next.set(partition, Number(baseOffset))
  }
  return partitions.map((partition) => {
    const offset = next.get(partition)
    if (offset === undefined || offset < 0) return undefined
    next.set(partition, offset + 1)
    return { partition, offset }
  })
}
