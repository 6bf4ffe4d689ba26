import { connect } from 'node:net'
import { Kafka, logLevel } from 'kafkajs'
import type { ISocketFactory, LogEntry } from 'kafkajs'
import type { EnvironmentReader } from '../../runtime/env.ts'
import type { Logger } from '../../runtime/logger.ts'
import { readingsPipeline } from '../../telemetry/pipeline.ts'

export type KafkaSettings = { readonly brokers: readonly string[]; readonly topic: string }

export type ClientSettings = KafkaSettings & {
  /** Told of each connection before anything is asked on it: kafkajs tells nobody of a new one. */
  readonly onConnection?: () => void
}

/** Where Kafka is, from `KAFKA_*`. */
export function readKafkaEnv(env: EnvironmentReader): KafkaSettings {
  return {
    brokers: env.list('KAFKA_BROKERS', 'brokers as host:port between commas'),
    topic: env.text('KAFKA_TOPIC', 'the name of the topic'),
  }
}

/**
 * The group that all consumers of a pipeline share. The group of the readings is named after their
 * topic, as it always was; `:` cannot be part of a topic's name, so that no other group has its name.
 */
export function consumerGroupOf({ pipeline, topic }: PipelineTopic): string {
  return pipeline === readingsPipeline ? `av-telemetry-${topic}` : `av-telemetry:${pipeline}`
}

/** A pipeline by its name, and the topic that it reads. */
export type PipelineTopic = { readonly pipeline: string; readonly topic: string }

/** Milliseconds after which clients ask again who leads which partition, and how many there are. */
export const metadataMaxAgeMs = 5_000

/**
 * A client of the cluster whose own log lines go into ours: its errors are retried by us or by
 * it, so that they are warnings here; what it can't mend reaches us as a rejection.
 */
export function createKafka(settings: ClientSettings, clientId: string, logger: Logger): Kafka {
  return new Kafka({
    clientId,
    brokers: [...settings.brokers],
    connectionTimeout: 3_000,
    requestTimeout: 8_000,
    ...(settings.onConnection && { socketFactory: createSocketFactory(settings.onConnection) }),
    retry: { initialRetryTime: 200, maxRetryTime: 5_000, retries: 5 },
    logLevel: logLevel.WARN,
    logCreator: () => (entry) => {
      logEntry(entry, logger)
    },
  })
}

const keepAliveMs = 60_000

/** Sockets as kafkajs makes them itself. */
function createSocketFactory(onConnection: () => void): ISocketFactory {
  return ({ host, port, onConnect }) => {
    onConnection()
    return connect({ host, port }, onConnect).setKeepAlive(true, keepAliveMs)
  }
}

function logEntry(entry: LogEntry, logger: Logger): void {
  const { message, error } = entry.log as { message: string; error?: unknown }
  const fields = { client: entry.namespace, message, ...(error === undefined ? {} : { error }) }
  logger.debug(fields, 'kafka-client')
}

/** Whether an error says that nobody leads a partition: the brokers that have all of it are away. */
export function isLeaderMissing(error: unknown): boolean {
  const { type, cause } = (error ?? {}) as { type?: unknown; cause?: unknown }
  return type === 'LEADER_NOT_AVAILABLE' || (cause !== undefined && isLeaderMissing(cause))
}
