import { kafkaPassword } from '../../infra/docker/engine/running.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { kafkaSettingsOf } from '../../scripts/platform/kafka-queries.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import { createLogger } from '../../services/runtime/logger.ts'

/** Reads the state of the topics from the brokers, through their ports on this machine. */
export class BrokersView {
  readonly #config: PlatformConfig

  constructor(config: PlatformConfig) {
    this.#config = config
  }

  /** Whether each partition of the topic and of `__consumer_offsets` has this number of replicas in sync. */
  async areInSync(replicas: number): Promise<boolean> {
    const settings = kafkaSettingsOf(this.#config, await kafkaPassword(this.#config))
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
