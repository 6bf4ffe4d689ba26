import type { PlatformConfig } from '../../infra/config/config.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import { createLogger } from '../../services/runtime/logger.ts'

/** Reads the state of the topics from the brokers, through their ports on this machine. */
export class BrokersView {
  readonly #topics: readonly string[]
  readonly #addresses: readonly string[]

  constructor({ kafka }: PlatformConfig) {
    this.#topics = [kafka.topic, '__consumer_offsets']
    this.#addresses = Array.from(
      { length: kafka.instances },
      (_, instance) => `127.0.0.1:${kafka.hostPort + instance}`,
    )
  }

  /** Whether each partition of the topic and of `__consumer_offsets` has this number of replicas in sync. */
  async areInSync(replicas: number): Promise<boolean> {
    const settings = { brokers: this.#addresses, topic: this.#topics[0] ?? '' }
    const admin = createKafka(settings, 'av-telemetry-test', createLogger('test', 'silent')).admin()
    await admin.connect()
    try {
      const { topics } = await admin.fetchTopicMetadata({ topics: [...this.#topics] })
      return topics.every(({ partitions }) =>
        partitions.every(({ isr, leader }) => isr.length === replicas && leader >= 0),
      )
    } finally {
      await admin.disconnect()
    }
  }
}
