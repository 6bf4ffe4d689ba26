import type { ClickHouseSettings } from '../adapters/clickhouse/clickhouse-settings.ts'
import { readClickHouseEnv } from '../adapters/clickhouse/clickhouse-settings.ts'
import { readListenEnv } from '../adapters/http/config.ts'
import type { ListenAddress } from '../adapters/http/server.ts'
import type { KafkaSettings } from '../adapters/kafka/client.ts'
import { readKafkaEnv } from '../adapters/kafka/connection/access.ts'
import type { BucketSettings } from '../adapters/objects/bucket-settings.ts'
import { readBucketEnv } from '../adapters/objects/bucket-settings.ts'
import type { PostgresSettings } from '../adapters/postgres/driver/settings.ts'
import { readPostgresEnv, roles } from '../adapters/postgres/driver/settings.ts'
import { EnvironmentReader } from '../runtime/env.ts'
import type { ReadingsAddress } from './files/readings/post-readings.ts'
import type { TripRules } from '../telemetry/trips/trip-rules.ts'
import { readTripRulesEnv } from '../runtime/trip-rules-env.ts'

export type WorkerConfig = {
  /** The name of the instance, e.g. `worker-0`. */
  readonly name: string
  readonly logLevel: string
  /** The topic is the one of the readings: it is the only topic that the platform has created. */
  readonly kafka: KafkaSettings
  /** For topics that the worker creates: brokers that must have a record before it is acknowledged. */
  readonly minInsyncReplicas: number
  /** For grouped topics: whether Kafka writes each batch to the disk before it acknowledges it. */
  readonly flushEachBatch: boolean
  readonly postgres: PostgresSettings
  /** With rights to read only, for the queries of handlers. */
  readonly reader: PostgresSettings
  /** Folder with the user's `pipelines/*.toml` and `handlers/`; undefined if there is none. */
  readonly folder: string | undefined
  readonly handlers: HandlerConfig
  /** The bucket of the files; undefined if no files are loaded. */
  readonly bucket: BucketSettings | undefined
  /** Where readings of files are sent; undefined if no files are loaded. */
  readonly ingress: ReadingsAddress | undefined
  /** Address of Apache Tika; undefined: types of files are detected by the worker. */
  readonly tikaUrl: string | undefined
  /** Where the status of files is copied to; undefined: nowhere. */
  readonly clickHouse: ClickHouseSettings | undefined
  readonly tripRules: TripRules
  /** Seconds between two comparisons of an account with the table's rows. */
  readonly checkIntervalSeconds: number
  readonly operations: ListenAddress
}

export type HandlerConfig = {
  /** Tasks that run at the same time, each in a process for itself. */
  readonly processes: number
  /** Memory of a process, in megabytes. */
  readonly megabytes: number
  /** URLs, separated by spaces: handlers read only what is below one of them. */
  readonly allowedUrls: string
  /** Whether pipelines may run commands (the step `shell`). */
  readonly allowsShell: boolean
  /** Whether a debugger can attach to the processes. */
  readonly isDebuggable?: boolean
}

/** @throws EnvironmentError that lists every fault */
export function readConfig(source: NodeJS.ProcessEnv): WorkerConfig {
  const env = new EnvironmentReader(source)
  return env.finish({
    name: env.text('WORKER_NAME', 'a name, e.g. worker-0'),
    logLevel: env.text('LOG_LEVEL', 'error, warn, info or debug'),
    kafka: readKafkaEnv(env),
    minInsyncReplicas: env.positiveInteger('KAFKA_MIN_INSYNC_REPLICAS', 'a number of brokers'),
    flushEachBatch: env.flag('KAFKA_FLUSH_EACH_BATCH'),
    postgres: readPostgresEnv(env, roles.worker),
    reader: readPostgresEnv(env, roles.reader, 'POSTGRES_READER_PASSWORD_FILE'),
    folder: env.optionalText('WORKER_FOLDER'),
    handlers: {
      processes: env.positiveInteger('HANDLER_PROCESSES', 'a number of processes'),
      megabytes: env.positiveInteger('HANDLER_MEGABYTES', 'a number of megabytes'),
      allowedUrls: env.optionalText('ALLOWED_URLS') ?? '',
      allowsShell: env.flag('ALLOW_SHELL'),
    },
    bucket: readBucketEnv(env),
    ingress: readIngressEnv(env),
    tikaUrl: env.optionalText('TIKA_URL'),
    clickHouse: readClickHouseEnv(env),
    tripRules: readTripRulesEnv(env),
    checkIntervalSeconds: 3_600 * env.positiveInteger('ACCOUNT_CHECK_HOURS', 'a number of hours'),
    operations: readListenEnv(env, 'OPS'),
  })
}

function readIngressEnv(env: EnvironmentReader): ReadingsAddress | undefined {
  const url = env.optionalText('EVENTS_URL')
  return url === undefined ? undefined : { url, token: env.optionalToken('EVENTS_TOKEN_FILE') }
}
