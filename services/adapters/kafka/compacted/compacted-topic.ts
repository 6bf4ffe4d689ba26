import type { Admin } from 'kafkajs'
import type { ClosableKafka, Connections } from '../closable-kafka.ts'
import { ReconnectingClient } from '../reconnecting-client.ts'
import type { FetchedPartition } from '../requests/protocol-requests.ts'
import { noTopicId } from '../requests/topic-ids.ts'
import { adminSettings } from '../topic-admin.ts'

type KeyedRecord = {
  readonly offset: number
  readonly key: string
  /** Undefined if the record has no value. */
  readonly value: string | undefined
}

export type FetchedRecords = {
  readonly records: readonly KeyedRecord[]
  /** Where the next fetch begins. */
  readonly nextOffset: number
  /** The end of the partition when Kafka answered. */
  readonly endOffset: number
}

/** The answer to a fetch waits this long for a record. */
const maxWaitMs = 1_000
const maxBytes = 1_048_576
const callTimeoutMs = 15_000

/**
 * Reads a compacted topic with one partition from any offset. It uses no consumer group, because every process would
 * need its own group, and Kafka would need a coordinator for it.
 */
export class CompactedTopic implements AsyncDisposable {
  readonly #topic: string
  readonly #client: ReconnectingClient<Admin & Connections>

  constructor(kafka: ClosableKafka, topic: string) {
    this.#topic = topic
    const create = () => kafka.client((own): Admin => own.admin(adminSettings))
    // The client never refreshes its metadata. So it is replaced when a call fails.
    this.#client = new ReconnectingClient(create, callTimeoutMs, () => true)
  }

  /** The id of the topic, which another topic with its name would not have. Rejects if there is no such topic. */
  async topicId(): Promise<string | undefined> {
    const id = await this.#client.use((client) => client.topicId(this.#topic))
    if (id === noTopicId) throw new Error(`The broker does not know the topic ${this.#topic}.`)
    return id
  }

  /** Returns as soon as there are records at the offset, or after a second. */
  async fetch(offset: number): Promise<FetchedRecords> {
    const position = { topic: this.#topic, partition: 0, offset }
    const size = { maxWaitMs, maxBytes }
    const fetched = await this.#client.use((client) => client.fetchFrom(position, size))
    return toRecords(fetched, offset)
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]()
  }
}

/** @throws Error if the first batch cannot be read */
function toRecords({ messages, highWatermark }: FetchedPartition, from: number): FetchedRecords {
  const { to = from, reason, behindGap } = messages.readable
  if (reason !== undefined)
    throw new Error(`The records from offset ${from} on cannot be read: ${reason}.`)
  const all = behindGap === undefined ? messages : [...messages, ...behindGap.records]
  const records = all
    .map(({ offset, key, value }) => ({
      offset: Number(offset),
      key: key?.toString() ?? '',
      value: value?.toString(),
    }))
    // A batch is delivered as a whole, also from its middle.
    .filter(({ offset }) => offset >= from)
  const nextOffset = Math.max(from, behindGap?.to ?? to)
  return { records, nextOffset, endOffset: Number(highWatermark) }
}
