import { logLevel } from 'kafkajs'
import type { KafkaConfig, LogEntry } from 'kafkajs'
import type { EnvironmentReader } from '../../runtime/env.ts'
import type { Logger } from '../../runtime/logger.ts'
import { readingsPipeline } from '../../telemetry/pipeline.ts'
import type { ClosableKafkaConfig } from './closable-kafka.ts'
import { ClosableKafka } from './closable-kafka.ts'
import type { KafkaLogin } from './requests/login-request.ts'

export type KafkaSettings = {
  readonly brokers: readonly string[]
  readonly topic: string
  /** Undefined if the brokers do not require a login. */
  readonly login?: ClientLogin
  /** Where the client reaches a broker instead, by the address `HOST:PORT` that the broker has in Kafka. */
  readonly reachedAt?: ClosableKafkaConfig['reachedAt']
  /** The user who runs the brokers on this machine, if it may be another than that of this process. */
  readonly brokersUser?: number
}

/** SASL/PLAIN on the machine and in the network of the platform, SCRAM from other machines. */
export type ClientLogin = KafkaLogin &
  ({ readonly mechanism: 'plain' } | { readonly mechanism: 'scram-sha-256' })

export type ClientSettings = KafkaSettings &
  Pick<ClosableKafkaConfig, 'onConnection'> & {
    /** Whether calls fail at once if a broker cannot be reached, for a caller that tries again itself. */
    readonly failsAtOnce?: boolean
  }

/** The brokers, the topic and the login, from `KAFKA_*`. */
export function readKafkaEnv(env: EnvironmentReader): KafkaSettings & { login: ClientLogin } {
  return {
    brokers: env.list('KAFKA_BROKERS', 'a list of brokers as host:port, separated by commas'),
    topic: env.text('KAFKA_TOPIC', 'the name of the topic'),
    login: {
      mechanism: 'plain',
      username: env.text('KAFKA_USER', 'the name of the login at Kafka'),
      password: env.fileContent('KAFKA_PASSWORD_FILE', 'a file with the password of this login'),
    },
  }
}

/** The addresses and the login, as kafkajs takes them. */
export function toConnection({
  brokers,
  login,
  reachedAt,
}: Pick<KafkaSettings, 'brokers' | 'login' | 'reachedAt'>): Pick<KafkaConfig, 'brokers' | 'sasl'> &
  Pick<ClosableKafkaConfig, 'reachedAt'> {
  return {
    brokers: [...brokers],
    // kafkajs keeps a state in the object of the login, so each client gets a new one.
    ...(login && { sasl: { ...login } }),
    ...(reachedAt && { reachedAt }),
  }
}

/**
 * The consumer group that all consumers of a pipeline share. For compatibility the group of the
 * readings pipeline is named after its topic. Other groups contain `:`, which a topic name cannot
 * contain, so that two groups never have the same name.
 */
export function consumerGroupOf({ pipeline, topic }: PipelineTopic): string {
  return pipeline === readingsPipeline ? `av-telemetry-${topic}` : `av-telemetry:${pipeline}`
}

/** The name of a pipeline and the topic that it reads. */
export type PipelineTopic = { readonly pipeline: string; readonly topic: string }

/** How often clients refresh the metadata: the number of partitions and their leaders. */
export const metadataMaxAgeMs = 5_000

/**
 * A Kafka client that writes its log lines to our logger at level debug: this code or kafkajs
 * retries its errors. An error that kafkajs cannot recover from is a rejection.
 */
export function createKafka(
  settings: ClientSettings,
  clientId: string,
  logger: Logger,
): ClosableKafka {
  return new ClosableKafka({
    clientId,
    ...toConnection(settings),
    connectionTimeout: 3_000,
    requestTimeout: 8_000,
    ...(settings.onConnection && { onConnection: settings.onConnection }),
    ...trustOf(settings),
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: settings.failsAtOnce ? 0 : 5 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      logEntry(entry, logger)
    },
  })
}

/** SASL/PLAIN shows the password to the program at the other end. Root can read it anyway, like the proxy of Docker. */
function trustOf({
  login,
  brokersUser,
}: ClientSettings): Pick<ClosableKafkaConfig, 'trustedUsers'> {
  const own = process.getuid?.()
  if (login?.mechanism !== 'plain' || own === undefined) return {}
  return { trustedUsers: [own, 0, ...(brokersUser === undefined ? [] : [brokersUser])] }
}

function logEntry(entry: LogEntry, logger: Logger): void {
  const { message, error } = entry.log as { message: string; error?: unknown }
  const fields = { client: entry.namespace, message, ...(error === undefined ? {} : { error }) }
  logger.debug(fields, 'kafka-client')
}

/** Whether an error means that the brokers refuse the login of the client: its password, or its mechanism. */
export function isLoginRefused(error: unknown): boolean {
  const { name, type, cause } = (error ?? {}) as Record<'name' | 'type' | 'cause', unknown>
  if (name === 'KafkaJSSASLAuthenticationError' || type === 'UNSUPPORTED_SASL_MECHANISM')
    return true
  return cause !== undefined && isLoginRefused(cause)
}

/** Whether an error means that a partition has no leader: no in-sync broker of it is available. */
export function isLeaderMissing(error: unknown): boolean {
  const { type, cause } = (error ?? {}) as { type?: unknown; cause?: unknown }
  return type === 'LEADER_NOT_AVAILABLE' || (cause !== undefined && isLeaderMissing(cause))
}
