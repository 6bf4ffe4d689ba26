import { logLevel } from 'kafkajs'
import type { LogEntry } from 'kafkajs'
import type { EnvironmentReader } from '../../runtime/env.ts'
import type { Logger } from '../../runtime/logger.ts'
import { readingsPipeline } from '../../telemetry/pipeline.ts'
import type { ClosableKafkaConfig } from './closable-kafka.ts'
import { ClosableKafka } from './closable-kafka.ts'
import type { KafkaLogin } from './requests/login-request.ts'

export type KafkaSettings = {
  readonly brokers: readonly string[]
  readonly topic: string
  /** Only if the brokers require a login at these addresses. */
  readonly login?: KafkaLogin
}

export type ClientSettings = KafkaSettings & Pick<ClosableKafkaConfig, 'onConnection'>

/** The brokers and the topic, from `KAFKA_*`. */
export function readKafkaEnv(env: EnvironmentReader): KafkaSettings {
  return {
    brokers: env.list('KAFKA_BROKERS', 'a list of brokers as host:port, separated by commas'),
    topic: env.text('KAFKA_TOPIC', 'the name of the topic'),
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
    brokers: [...settings.brokers],
    connectionTimeout: 3_000,
    requestTimeout: 8_000,
    ...(settings.login && { sasl: { mechanism: 'scram-sha-256', ...settings.login } }),
    ...(settings.onConnection && { onConnection: settings.onConnection }),
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      logEntry(entry, logger)
    },
  })
}

function logEntry(entry: LogEntry, logger: Logger): void {
  const { message, error } = entry.log as { message: string; error?: unknown }
  const fields = { client: entry.namespace, message, ...(error === undefined ? {} : { error }) }
  logger.debug(fields, 'kafka-client')
}

/** Whether an error means that a partition has no leader: no in-sync broker of it is available. */
export function isLeaderMissing(error: unknown): boolean {
  const { type, cause } = (error ?? {}) as { type?: unknown; cause?: unknown }
  return type === 'LEADER_NOT_AVAILABLE' || (cause !== undefined && isLeaderMissing(cause))
}
