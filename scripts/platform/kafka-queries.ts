import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { UserError } from '../../infra/checks/user-error.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { hasOwnKafka } from '../../infra/topology/external/kafka.ts'
import { kafkaUser } from '../../infra/topology/logins/jaas.ts'
import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import {
  accessFaultOf,
  isLoginRefused,
} from '../../services/adapters/kafka/connection/access-fault.ts'
import type { ClosableKafka } from '../../services/adapters/kafka/closable-kafka.ts'
import { TopicAdmin } from '../../services/adapters/kafka/topic-admin.ts'
import type { LogRange } from '../../services/ledger/ledger.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import { localKafkaPassword } from './database.ts'
import { root } from './paths.ts'

/** The offset ranges of the topic's partitions; a text that says why they are not known. */
export type TopicRanges =
  | { readonly isKnown: true; readonly ranges: readonly LogRange[] }
  | { readonly isKnown: false; readonly ranges: readonly []; readonly reason: string }

const silentLogger = createLogger('status', 'silent')

/**
 * The brokers of a platform, as this machine reaches them: both targets publish them on loopback. An existing Kafka
 * has the addresses of the configuration, and the files of its login are on this machine.
 *
 * @param password undefined if an earlier version, whose Kafka has no logins, has started the platform
 */
export function kafkaSettingsOf(
  { kafka }: Pick<PlatformConfig, 'kafka'>,
  password: string | undefined,
): KafkaSettings {
  if (!hasOwnKafka({ kafka })) return existingKafkaOf(kafka)
  const { hostPort, instances, topic } = kafka
  const ports = Array.from({ length: instances }, (_, instance) => hostPort + instance)
  const brokers = ports.map((port) => `127.0.0.1:${port}`)
  if (password === undefined) return { brokers, topic }
  return { brokers, topic, login: { mechanism: 'plain', username: kafkaUser, password } }
}

/** The addresses and the login of an existing Kafka, and the topic. */
function existingKafkaOf({ external, topic }: PlatformConfig['kafka']): KafkaSettings {
  const { brokers, tls, sasl } = external
  const { mechanism } = sasl
  const at = (file: string): string => resolve(root, file)
  const authority = tls.authorityFile === '' ? {} : { authorityFile: at(tls.authorityFile) }
  const files = { usernameFile: at(sasl.usernameFile), passwordFile: at(sasl.passwordFile) }
  return {
    ...{ brokers, topic, isExternal: true },
    ...(tls.enabled && { tls: authority }),
    ...(mechanism !== '' && { login: { mechanism, ...files } }),
  }
}

/** The brokers of the platform whose files are in these folders. Only its user may listen at their ports. */
export function localKafkaOf(config: Pick<PlatformConfig, 'kafka'>, at: Folders): KafkaSettings {
  const settings = kafkaSettingsOf(config, localKafkaPassword(at))
  return { ...settings, brokersUser: statSync(at.state).uid }
}

/** A client of the brokers of a running platform. */
export function openBrokers(settings: KafkaSettings): ClosableKafka {
  return createKafka(settings, 'av-telemetry-command', silentLogger)
}

/** Clients for a topic of a running platform. */
export function openTopic(settings: KafkaSettings, topic: string) {
  const client = openBrokers(settings)
  return { kafka: client, admin: new TopicAdmin(client, topic), logger: silentLogger }
}

/**
 * How many members a consumer group has now.
 *
 * @throws UserError if Kafka does not answer
 */
export async function countGroupMembers(settings: KafkaSettings, groupId: string): Promise<number> {
  await using admin = new TopicAdmin(openBrokers(settings), settings.topic)
  try {
    return await admin.countMembers(groupId)
  } catch (error) {
    throw new UserError(
      `${describeFailure(error, settings)} So it is not known whether a worker runs the pipeline.`,
    )
  }
}

/** The topic is the one of the readings unless another one is given. */
export async function rangesOfTopic(
  settings: KafkaSettings,
  topic = settings.topic,
): Promise<TopicRanges> {
  const client = createKafka(settings, 'av-telemetry-status', silentLogger)
  await using admin = new TopicAdmin(client, topic)
  const unknown = (reason: string): TopicRanges => ({ isKnown: false, ranges: [], reason })
  try {
    if (!(await admin.exists())) {
      const creator =
        topic === settings.topic
          ? 'Stop and start the platform: the start creates the topic.'
          : 'A worker creates it when it starts the pipeline.'
      return unknown(`Kafka has no topic ${topic}. ${creator}`)
    }
    return { isKnown: true, ranges: await admin.ranges() }
  } catch (error) {
    return unknown(describeFailure(error, settings))
  }
}

/** Why Kafka cannot be asked, as sentences. */
export function describeFailure(
  error: unknown,
  { isExternal }: Pick<KafkaSettings, 'isExternal'>,
): string {
  const fault = isExternal ? accessFaultOf(error) : undefined
  if (fault !== undefined) return `Kafka cannot be used: ${fault}.`
  if (!isLoginRefused(error)) return 'Kafka does not answer.'
  return 'Kafka refuses the password of the platform. Stop the platform and start it again: Kafka then uses the current password.'
}
