import type { Admin } from 'kafkajs'
import type { LogRange } from '../../ledger/ledger.ts'
import type { ClosableKafka } from './closable-kafka.ts'
import { ReconnectingClient } from './reconnecting-client.ts'
import { adminSettings } from './topic-admin.ts'

/** Offset ranges by topic. The index of a range is the partition. */
export type RangesByTopic = ReadonlyMap<string, readonly LogRange[]>

/** Reads the offset ranges of any number of topics through one client, without creating or changing a topic. */
export class TopicRanges implements AsyncDisposable {
  readonly #client: ReconnectingClient<Admin>

  /** @param timeoutMs the timeout of one reading, connecting included */
  constructor(kafka: ClosableKafka, timeoutMs: number) {
    const create = () => kafka.client((own): Admin => own.admin(adminSettings))
    this.#client = new ReconnectingClient(create, timeoutMs, () => true)
  }

  /** The ranges of the topics that exist. A topic that has just got more partitions is missing. */
  async read(topics: readonly string[]): Promise<RangesByTopic> {
    return this.#client.use(async (admin) => {
      const present = new Set(await admin.listTopics())
      const wanted = [...new Set(topics)].filter((topic) => present.has(topic))
      if (wanted.length === 0) return new Map()
      const metadata = await admin.fetchTopicMetadata({ topics: wanted })
      const ranges = await Promise.all(
        wanted.map(async (topic) => [topic, await rangesOf(admin, topic)] as const),
      )
      const counts = new Map(
        metadata.topics.map(({ name, partitions }) => [name, partitions.length]),
      )
      const complete = ranges.filter(([topic, { length }]) => length === counts.get(topic))
      // The client never learns of new partitions.
      if (complete.length < ranges.length) this.#client.discard()
      return new Map(complete)
    })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#client[Symbol.asyncDispose]()
  }
}

async function rangesOf(admin: Admin, topic: string): Promise<LogRange[]> {
  const offsets = await admin.fetchTopicOffsets(topic)
  const byPartition = [...offsets].sort((left, right) => left.partition - right.partition)
  return byPartition.map(({ low, high }) => ({ low: Number(low), high: Number(high) }))
}
