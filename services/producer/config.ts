import type { ListenAddress } from '../adapters/http/server.ts'
import { readListenEnv } from '../adapters/http/config.ts'
import type { KafkaSettings } from '../adapters/kafka/client.ts'
import { readKafkaEnv } from '../adapters/kafka/client.ts'
import type { PostgresSettings } from '../adapters/postgres/driver/settings.ts'
import { readPostgresEnv, roles } from '../adapters/postgres/driver/settings.ts'
import { EnvironmentReader } from '../runtime/env.ts'
import { readOriginEnv } from '../runtime/origin-env.ts'
import type { GeoPosition } from '../telemetry/track/geo.ts'
import { microsecondsPerDay } from '../telemetry/reading/reading.ts'
import type { DashboardAddress } from './pages/dashboard-link.ts'

export type ProducerConfig = {
  readonly logLevel: string
  readonly kafka: KafkaSettings
  readonly postgres: PostgresSettings
  readonly http: ListenAddress
  readonly operations: ListenAddress
  readonly eventsPath: string
  /** Where the dashboard is on this platform's machine, where there is one. */
  readonly dashboard: DashboardAddress | undefined
  /** The bearer token that POST must show, where there is one. */
  readonly token: string | undefined
  /** Microseconds for which readings are kept. */
  readonly retentionMicros: number
  /** Where the positions of form bodies are counted from. */
  readonly formOrigin: GeoPosition
  readonly maxPendingBytes: number
  /** Records in the log that are not stored yet, above which POST is turned away; 0 for no limit. */
  readonly maxLag: number
  /** Readings a second of one client; 0 for no limit. */
  readonly maxReadingsPerSecondPerClient: number
}

/** @throws EnvironmentError with every fault at once */
export function readConfig(source: NodeJS.ProcessEnv): ProducerConfig {
  const env = new EnvironmentReader(source)
  return env.finish({
    logLevel: env.text('LOG_LEVEL', 'error, warn, info or debug'),
    kafka: readKafkaEnv(env),
    postgres: readPostgresEnv(env, roles.reader),
    http: readListenEnv(env, 'HTTP'),
    operations: readListenEnv(env, 'OPS'),
    eventsPath: env.text('EVENTS_PATH', 'a path, e.g. /events'),
    dashboard: readDashboardAddress(env),
    token: env.optionalFileContent('TOKEN_FILE', 'a file with the bearer token'),
    retentionMicros: env.positiveInteger('RETENTION_DAYS', 'a number of days') * microsecondsPerDay,
    formOrigin: readOriginEnv(env, 'FORM_ORIGIN'),
    maxPendingBytes: env.positiveInteger('MAX_PENDING_MEGABYTES', 'megabytes') * 1024 * 1024,
    maxLag: env.count('MAX_LAG', 'a number of readings, 0 for no limit'),
    maxReadingsPerSecondPerClient: env.count(
      'MAX_READINGS_PER_SECOND_PER_CLIENT',
      'a number of readings, 0 for no limit',
    ),
  })
}

function readDashboardAddress(env: EnvironmentReader): DashboardAddress | undefined {
  const port = env.optionalText('DASHBOARD_PORT')
  const isPublic = env.optionalText('DASHBOARD_IS_PUBLIC') === 'true'
  return port === undefined ? undefined : { port: Number(port), isPublic }
}
