import { readListenEnv } from '../adapters/http/config.ts'
import type { ListenAddress } from '../adapters/http/server.ts'
import type { KafkaSettings } from '../adapters/kafka/client.ts'
import { readKafkaEnv } from '../adapters/kafka/client.ts'
import type { PostgresSettings } from '../adapters/postgres/driver/settings.ts'
import { readPostgresEnv, roles } from '../adapters/postgres/driver/settings.ts'
import { EnvironmentReader } from '../runtime/env.ts'

export type WorkerConfig = {
  readonly logLevel: string
  /** The topic is the one of the readings: it is the only topic that the platform has created. */
  readonly kafka: KafkaSettings
  /** For topics that the worker creates: brokers that must have a record before it is acknowledged. */
  readonly minInsyncReplicas: number
  /** For grouped topics: whether Kafka writes each batch to the disk before it acknowledges it. */
  readonly flushEachBatch: boolean
  readonly postgres: PostgresSettings
  /** Folder with the user's `pipelines/*.toml`; undefined if there is none. */
  readonly folder: string | undefined
  /** Seconds between two comparisons of an account with the table's rows. */
  readonly checkIntervalSeconds: number
  readonly operations: ListenAddress
}

/** @throws EnvironmentError that lists every fault */
export function readConfig(source: NodeJS.ProcessEnv): WorkerConfig {
  const env = new EnvironmentReader(source)
  return env.finish({
    logLevel: env.text('LOG_LEVEL', 'error, warn, info or debug'),
    kafka: readKafkaEnv(env),
    minInsyncReplicas: env.positiveInteger('KAFKA_MIN_INSYNC_REPLICAS', 'a number of brokers'),
    flushEachBatch: env.flag('KAFKA_FLUSH_EACH_BATCH'),
    postgres: readPostgresEnv(env, roles.worker),
    folder: env.optionalText('WORKER_FOLDER'),
    checkIntervalSeconds: 3_600 * env.positiveInteger('ACCOUNT_CHECK_HOURS', 'a number of hours'),
    operations: readListenEnv(env, 'OPS'),
  })
}
