import type { Micros } from '../telemetry/time.ts'
import type { ListenAddress } from '../adapters/http/server.ts'
import { readListenEnv } from '../adapters/http/config.ts'
import type { KafkaSettings } from '../adapters/kafka/client.ts'
import { readKafkaEnv } from '../adapters/kafka/connection/access.ts'
import type { PostgresSettings } from '../adapters/postgres/driver/settings.ts'
import { readPostgresEnv, roles } from '../adapters/postgres/driver/settings.ts'
import { EnvironmentReader } from '../runtime/env.ts'
import type { Pipeline } from '../runtime/pipelines-file.ts'
import { readPipelinesEnv } from '../runtime/pipelines-file.ts'
import { microsecondsPerDay } from '../telemetry/reading/reading.ts'

export type ConsumerConfig = {
  readonly logLevel: string
  readonly kafka: KafkaSettings
  readonly postgres: PostgresSettings
  readonly pipelines: readonly Pipeline[]
  /** How long readings are kept. */
  readonly retentionMicros: Micros
  /** Seconds between two comparisons of the account with the table's rows. */
  readonly checkIntervalSeconds: number
  readonly operations: ListenAddress
}

/** @throws EnvironmentError that lists every fault */
export function readConfig(source: NodeJS.ProcessEnv): ConsumerConfig {
  const env = new EnvironmentReader(source)
  return env.finish({
    logLevel: env.text('LOG_LEVEL', 'error, warn, info or debug'),
    kafka: readKafkaEnv(env),
    postgres: readPostgresEnv(env, roles.writer),
    pipelines: readPipelinesEnv(env),
    retentionMicros: env.positiveInteger('RETENTION_DAYS', 'a number of days') * microsecondsPerDay,
    checkIntervalSeconds: 3_600 * env.positiveInteger('ACCOUNT_CHECK_HOURS', 'a number of hours'),
    operations: readListenEnv(env, 'OPS'),
  })
}
