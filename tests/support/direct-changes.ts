import type { Kafka, Message } from 'kafkajs'
import { consumerGroupOf } from '../../services/adapters/kafka/client.ts'
import { readingsPipeline } from '../../services/telemetry/pipeline.ts'
import { until } from './until.ts'

/** A transaction of another producer that has not ended. */
export type OpenTransaction = AsyncDisposable & { readonly abort: () => Promise<void> }

/** Changes a topic directly in Kafka, without our services. */
export class DirectKafkaChanges {
  readonly #kafka: Kafka
  readonly #topic: string

  constructor(kafka: Kafka, topic: string) {
    this.#kafka = kafka
    this.#topic = topic
  }

  async createTopic(numPartitions: number): Promise<void> {
    const topic = this.#topic
    const admin = this.#kafka.admin()
    await admin.connect()
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions }] })
    await admin.disconnect()
  }

  async produce(messages: Message[]): Promise<void> {
    const producer = this.#kafka.producer({ allowAutoTopicCreation: false })
    await producer.connect()
    await producer.send({ topic: this.#topic, messages })
    await producer.disconnect()
  }

  /** Appends records one by one in a transaction and aborts the transaction. Resolves when its marker is in the log. */
  async produceAndAbort(messages: Message[]): Promise<void> {
    const before = await this.#endOffsets()
    await using transaction = await this.openTransaction(messages)
    await transaction.abort()
    // Kafka answers before it has written the marker.
    await until('the marker of the transaction is written', async () => {
      return (await this.#endOffsets()) > before + messages.length
    })
  }

  /** The sum of the end offsets of all partitions. */
  async #endOffsets(): Promise<number> {
    const admin = this.#kafka.admin()
    await admin.connect()
    const offsets = await admin.fetchTopicOffsets(this.#topic)
    await admin.disconnect()
    return offsets.reduce((sum, { high }) => sum + Number(high), 0)
  }

  /** Appends records one by one in a transaction. It stays open until it is aborted or disposed. */
  async openTransaction(
    messages: Message[],
    transactionTimeout = 60_000,
  ): Promise<OpenTransaction> {
    const transactionalId = 'direct-changes'
    const options = { transactionalId, transactionTimeout, maxInFlightRequests: 1 }
    const producer = this.#kafka.producer({ ...options, idempotent: true })
    await producer.connect()
    const transaction = await producer.transaction()
    for (const message of messages) {
      await transaction.send({ topic: this.#topic, messages: [message] })
    }
    return {
      abort: () => transaction.abort(),
      [Symbol.asyncDispose]: async () => {
        if (transaction.isActive()) await transaction.abort()
        await producer.disconnect()
      },
    }
  }

  /** Deletes the topic and creates it again without its tag, as a foreign program may do. */
  async recreateTopic(numPartitions: number): Promise<void> {
    const topic = this.#topic
    const admin = this.#kafka.admin()
    await admin.connect()
    await admin.deleteTopics({ topics: [topic] })
    await until('the topic is created again', () =>
      admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions }] }),
    )
    await admin.disconnect()
  }

  /** Deletes every record of the topic, as Kafka's retention does. */
  async deleteRecords(): Promise<void> {
    const topic = this.#topic
    const admin = this.#kafka.admin()
    await admin.connect()
    const offsets = await admin.fetchTopicOffsets(topic)
    const partitions = offsets.map(({ partition, high }) => ({ partition, offset: high }))
    await admin.deleteTopicRecords({ topic, partitions })
    await admin.disconnect()
  }

  /** The sum of the offsets that the consumer group of a pipeline has committed. */
  async countCommitted(pipeline = readingsPipeline): Promise<number> {
    const topic = this.#topic
    const admin = this.#kafka.admin()
    await admin.connect()
    const groupId = consumerGroupOf({ pipeline, topic })
    const [found] = await admin.fetchOffsets({ groupId, topics: [topic] })
    await admin.disconnect()
    // An offset of -1 means that nothing was committed.
    return (found?.partitions ?? []).reduce(
      (sum, each) => sum + Math.max(0, Number(each.offset)),
      0,
    )
  }

  /** Resets the committed offsets of the consumer group of a pipeline to the beginning of the topic. */
  async resetCommittedOffsets(pipeline = readingsPipeline): Promise<void> {
    const topic = this.#topic
    const admin = this.#kafka.admin()
    await admin.connect()
    await admin.resetOffsets({
      groupId: consumerGroupOf({ pipeline, topic }),
      topic,
      earliest: true,
    })
    await admin.disconnect()
  }
}
