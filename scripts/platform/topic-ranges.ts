import type { PlatformConfig } from '../../infra/config/config.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import { TopicAdmin } from '../../services/adapters/kafka/topic-admin.ts'
import type { LogRange } from '../../services/ledger/ledger.ts'
import { createLogger } from '../../services/runtime/logger.ts'

/** The offset ranges of the topic's partitions; a text that says why they are not known. */
export type TopicRanges =
  | { readonly isKnown: true; readonly ranges: readonly LogRange[] }
  | { readonly isKnown: false; readonly ranges: readonly []; readonly reason: string }

export async function rangesOfTopic({ kafka }: PlatformConfig): Promise<TopicRanges> {
  const ports = Array.from({ length: kafka.instances }, (_, instance) => kafka.hostPort + instance)
  const settings = { brokers: ports.map((port) => `127.0.0.1:${port}`), topic: kafka.topic }
  const client = createKafka(settings, 'av-telemetry-status', createLogger('status', 'silent'))
  await using admin = new TopicAdmin(client, kafka.topic)
  const unknown = (reason: string): TopicRanges => ({ isKnown: false, ranges: [], reason })
  try {
    if (!(await admin.exists())) {
      return unknown(
        `Kafka has no topic ${kafka.topic}. Stop and start the platform: the start creates the topic.`,
      )
    }
    return { isKnown: true, ranges: await admin.ranges() }
  } catch {
    return unknown('Kafka does not answer.')
  }
}
