import { logLevel } from 'kafkajs'
import type { LogEntry } from 'kafkajs'
import type { Logger } from '../../runtime/logger.ts'
import { readingsPipeline } from '../../telemetry/pipeline.ts'
import type { ClosableKafkaConfig } from './closable-kafka.ts'
import { ClosableKafka } from './closable-kafka.ts'
import type { KafkaAccess } from './connection/access.ts'
import { toConnection } from './connection/kafkajs-options.ts'

export type KafkaSettings = KafkaAccess & {
  readonly topic: string
  /** The user who runs the brokers on this machine, if it may be another than that of this process. */
  readonly brokersUser?: number
}

export type ClientSettings = KafkaSettings &
  Pick<ClosableKafkaConfig, 'onConnection'> & {
    /** Whether calls fail at once if a broker cannot be reached, for a caller that tries again itself. */
    readonly failsAtOnce?: boolean
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

/**
 * SASL/PLAIN shows the password to the program at the other end. Root can read it anyway, like the proxy of Docker. An
 * existing Kafka, whose login is in files, may run as any user.
 */
function trustOf({
  login,
  brokersUser,
}: ClientSettings): Pick<ClosableKafkaConfig, 'trustedUsers'> {
  const own = process.getuid?.()
  if (login?.mechanism !== 'plain' || 'passwordFile' in login || own === undefined) return {}
  return { trustedUsers: [own, 0, ...(brokersUser === undefined ? [] : [brokersUser])] }
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
