import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import { createLogger } from '../../services/runtime/logger.ts'

/** Reads the state of the topics from the brokers of a platform. */
export class BrokersView {
  readonly #settings: () => Promise<KafkaSettings>

  /** @param settings how this machine reaches the brokers */
  constructor(settings: () => Promise<KafkaSettings>) {
    this.#settings = settings
  }

  /** Whether each partition of the topic and of `__consumer_offsets` has this number of replicas in sync. */
  async areInSync(replicas: number): Promise<boolean> {
    const settings = await this.#settings()
    const admin = createKafka(settings, 'av-telemetry-test', createLogger('test', 'silent')).admin()
    await admin.connect()
    try {
      const topics = [settings.topic, '__consumer_offsets']
      const found = await admin.fetchTopicMetadata({ topics })
      return found.topics.every(({ partitions }) =>
        partitions.every(({ isr, leader }) => isr.length === replicas && leader >= 0),
      )
    } finally {
      await admin.disconnect()
    }
  }
}
