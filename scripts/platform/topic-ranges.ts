import type { PlatformConfig } from '../../infra/config/config.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import { TopicAdmin } from '../../services/adapters/kafka/topic-admin.ts'
import type { LogRange } from '../../services/ledger/ledger.ts'
import { createLogger } from '../../services/runtime/logger.ts'

/** The offset ranges of the topic's partitions; empty if Kafka does not answer. */
export async function rangesOfTopic({ kafka }: PlatformConfig): Promise<LogRange[]> {
  const ports = Array.from({ length: kafka.instances }, (_, instance) => kafka.hostPort + instance)
  const settings = { brokers: ports.map((port) => `127.0.0.1:${port}`), topic: kafka.topic }
  const client = createKafka(settings, 'av-telemetry-status', createLogger('status', 'silent'))
  await using admin = new TopicAdmin(client, kafka.topic)
  try {
    return await admin.ranges()
  } catch {
    return []
  }
}
