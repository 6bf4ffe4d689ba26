import type { Admin, ITopicConfig, Message } from 'kafkajs'
import kafkajs from 'kafkajs'
import type { ClosableKafka } from '../../services/adapters/kafka/closable-kafka.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import { serviceLogger } from './service-log.ts'
import type { Tenant } from './tenant.ts'
import { until } from './until.ts'

/** A topic that another program creates, fills and deletes. */
export class ForeignTopic {
  readonly settings: KafkaSettings
  readonly kafka: ClosableKafka

  constructor({ kafka }: Tenant) {
    this.settings = { ...kafka, topic: `${kafka.topic}-foreign` }
    this.kafka = createKafka(this.settings, 'another-program', serviceLogger)
  }

  get name(): string {
    return this.settings.topic
  }

  async create(
    configEntries: Readonly<Record<string, string>> = {},
    settings: Omit<ITopicConfig, 'topic' | 'configEntries'> = {},
  ): Promise<void> {
    const entries = Object.entries(configEntries).map(([name, value]) => ({ name, value }))
    const topics = [{ topic: this.name, numPartitions: 1, ...settings, configEntries: entries }]
    await this.withAdmin((admin) =>
      until('the topic is created', () => admin.createTopics({ waitForLeaders: true, topics })),
    )
  }

  async delete(): Promise<void> {
    await this.withAdmin(async (admin) => {
      await admin.deleteTopics({ topics: [this.name] })
      await until('the topic is deleted', async () => {
        return !(await admin.listTopics()).includes(this.name)
      })
    })
  }

  /** Sends the messages in one request. */
  async send(messages: Message[]): Promise<void> {
    const producer = this.kafka.producer({ allowAutoTopicCreation: false })
    await producer.connect()
    await producer.send({ topic: this.name, messages })
    await producer.disconnect()
  }

  /** Sends the messages in a transaction. Its end is a control record after them. */
  async sendInTransaction(messages: Message[], end: 'commit' | 'abort'): Promise<void> {
    const transactionalId = `${this.name}-${Date.now()}`
    const options = { transactionalId, maxInFlightRequests: 1, idempotent: true }
    const producer = this.kafka.producer({ ...options, allowAutoTopicCreation: false })
    await producer.connect()
    const transaction = await producer.transaction()
    await transaction.send({ topic: this.name, messages })
    await transaction[end]()
    await producer.disconnect()
  }

  /** All settings of the topic, with the defaults of the broker. */
  async describe(): Promise<unknown> {
    const resource = { type: kafkajs.ConfigResourceTypes.TOPIC, name: this.name }
    const { resources } = await this.withAdmin((admin) =>
      admin.describeConfigs({ includeSynonyms: true, resources: [resource] }),
    )
    return resources[0]?.configEntries
  }

  async withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    const admin = this.kafka.admin()
    await admin.connect()
    try {
      return await work(admin)
    } finally {
      await admin.disconnect()
    }
  }
}
