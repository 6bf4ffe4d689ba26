import { UserError } from '../../infra/checks/user-error.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import type { ClosableKafka } from '../../services/adapters/kafka/closable-kafka.ts'
import { TopicAdmin } from '../../services/adapters/kafka/topic-admin.ts'
import type { LogRange } from '../../services/ledger/ledger.ts'
import { createLogger } from '../../services/runtime/logger.ts'

/** The offset ranges of the topic's partitions; a text that says why they are not known. */
export type TopicRanges =
  | { readonly isKnown: true; readonly ranges: readonly LogRange[] }
  | { readonly isKnown: false; readonly ranges: readonly []; readonly reason: string }

const silentLogger = createLogger('status', 'silent')

/** The brokers of a running platform, as this machine reaches them. */
export function kafkaSettingsOf({
  hostPort,
  instances,
  topic,
}: PlatformConfig['kafka']): KafkaSettings {
  const ports = Array.from({ length: instances }, (_, instance) => hostPort + instance)
  return { brokers: ports.map((port) => `127.0.0.1:${port}`), topic }
}

/** A client of the brokers of a running platform. */
export function openBrokers({ kafka }: PlatformConfig): ClosableKafka {
  return createKafka(kafkaSettingsOf(kafka), 'av-telemetry-command', silentLogger)
}

/** Clients for a topic of a running platform. Both targets publish the brokers on this machine. */
export function openTopic(config: PlatformConfig, topic: string) {
  const client = openBrokers(config)
  return { kafka: client, admin: new TopicAdmin(client, topic), logger: silentLogger }
}

/**
 * How many members a consumer group has now.
 *
 * @throws UserError if Kafka does not answer
 */
export async function countGroupMembers(config: PlatformConfig, groupId: string): Promise<number> {
  await using admin = new TopicAdmin(openBrokers(config), config.kafka.topic)
  try {
    return await admin.countMembers(groupId)
  } catch {
    throw new UserError(
      'Kafka does not answer, so it is not known whether a worker runs the pipeline.',
    )
  }
}

/** The topic is the one of the readings unless another one is given. */
export async function rangesOfTopic(
  { kafka }: PlatformConfig,
  topic = kafka.topic,
): Promise<TopicRanges> {
  const client = createKafka(kafkaSettingsOf(kafka), 'av-telemetry-status', silentLogger)
  await using admin = new TopicAdmin(client, topic)
  const unknown = (reason: string): TopicRanges => ({ isKnown: false, ranges: [], reason })
  try {
    if (!(await admin.exists())) {
      const creator =
        topic === kafka.topic
          ? 'Stop and start the platform: the start creates the topic.'
          : 'A worker creates it when it starts the pipeline.'
      return unknown(`Kafka has no topic ${topic}. ${creator}`)
    }
    return { isKnown: true, ranges: await admin.ranges() }
  } catch {
    return unknown('Kafka does not answer.')
  }
}
