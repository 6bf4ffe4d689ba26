import type { Micros } from '../telemetry/time.ts'
import type { ListenAddress } from '../adapters/http/server.ts'
import type { AcceptedHosts } from '../adapters/http/guard.ts'
import { readListenEnv, readProxySecret } from '../adapters/http/config.ts'
import type { KafkaSettings } from '../adapters/kafka/client.ts'
import { readKafkaEnv } from '../adapters/kafka/connection/access.ts'
import type { PostgresSettings } from '../adapters/postgres/driver/settings.ts'
import { readPostgresEnv, roles } from '../adapters/postgres/driver/settings.ts'
import { EnvironmentReader } from '../runtime/env.ts'
import { readOriginEnv } from '../runtime/origin-env.ts'
import type { GeoPosition } from '../telemetry/track/geo.ts'
import { microsecondsPerDay } from '../telemetry/reading/reading.ts'
import type { UnknownPolicy } from './access/access.ts'
import { unknownPolicies } from './access/access.ts'
import type { DashboardAddress } from './pages/dashboard-link.ts'

export type ProducerConfig = {
  readonly logLevel: string
  readonly kafka: KafkaSettings
  readonly postgres: PostgresSettings
  readonly http: ListenAddress
  readonly operations: ListenAddress
  /** The secret in the PROXY headers of the ingress; undefined if clients connect without an ingress. */
  readonly proxySecret: string | undefined
  /** Maximum number of connections of each client; undefined if the ingress limits them. */
  readonly maxConnectionsPerClient: number | undefined
  /** The host names of requests that are accepted. */
  readonly acceptedHosts: AcceptedHosts
  readonly eventsPath: string
  /** Undefined if the platform has no dashboard. */
  readonly dashboard: DashboardAddress | undefined
  /** The bearer token that POST requires; undefined if no token is required. */
  readonly token: string | undefined
  /** The token with which programs of the platform report. */
  readonly platformToken: string
  /** What happens to readings of unknown vehicles without a token. */
  readonly unknown: UnknownPolicy
  /** How long readings are kept. Older readings are refused. */
  readonly retentionMicros: Micros
  /** The origin of the positions in form bodies, which are in metres. */
  readonly formOrigin: GeoPosition
  /** Memory for requests that are being received or wait for Kafka. */
  readonly maxPendingBytes: number
  /** Records in the topic that are not stored yet. Above it POST returns 503; 0 means no limit. */
  readonly maxLag: number
  /** Rate limit for each client; 0 means no limit. */
  readonly maxReadingsPerSecondPerClient: number
}

/** @throws EnvironmentError that lists every invalid variable */
export function readConfig(source: NodeJS.ProcessEnv): ProducerConfig {
  const env = new EnvironmentReader(source)
  return env.finish({
    logLevel: env.text('LOG_LEVEL', 'error, warn, info or debug'),
    kafka: readKafkaEnv(env),
    postgres: readPostgresEnv(env, roles.reader),
    http: readListenEnv(env, 'HTTP'),
    operations: readListenEnv(env, 'OPS'),
    ...readClients(env),
    acceptedHosts: readHostNames(env),
    eventsPath: env.text('EVENTS_PATH', 'a path such as /events'),
    dashboard: readDashboardAddress(env),
    token: env.optionalToken('TOKEN_FILE'),
    platformToken: env.fileContent('PLATFORM_TOKEN_FILE', 'a file with the token of the platform'),
    unknown: readUnknownPolicy(env),
    retentionMicros:
      env.positiveInteger('RETENTION_DAYS', 'a whole number of days, at least 1') *
      microsecondsPerDay,
    formOrigin: readOriginEnv(env, 'FORM_ORIGIN'),
    maxPendingBytes:
      env.positiveInteger('MAX_PENDING_MEGABYTES', 'a whole number of megabytes, at least 1') *
      1024 *
      1024,
    maxLag: env.count('MAX_LAG', 'a whole number of readings; 0 means no limit'),
    maxReadingsPerSecondPerClient: env.count(
      'MAX_READINGS_PER_SECOND_PER_CLIENT',
      'a whole number of readings; 0 means no limit',
    ),
  })
}

/** How clients connect: directly if their connections are limited here, otherwise through an ingress. */
function readClients(
  env: EnvironmentReader,
): Pick<ProducerConfig, 'proxySecret' | 'maxConnectionsPerClient'> {
  const maxConnectionsPerClient = env.optionalPositiveInteger(
    'MAX_CONNECTIONS_PER_CLIENT',
    'a number of connections',
  )
  const isDirect = maxConnectionsPerClient !== undefined
  return { maxConnectionsPerClient, proxySecret: isDirect ? undefined : readProxySecret(env) }
}

function readUnknownPolicy(env: EnvironmentReader): UnknownPolicy {
  const expected = unknownPolicies.join(', ')
  const text = env.text('DEVICES_UNKNOWN', expected)
  const policy = unknownPolicies.find((each) => each === text)
  env.expect(policy !== undefined || text === '', 'DEVICES_UNKNOWN', expected)
  return policy ?? 'refuse'
}

function readHostNames(env: EnvironmentReader): AcceptedHosts {
  const names = env.list('HOST_NAMES', 'host names, separated by commas; * means all')
  return names.includes('*') ? '*' : names
}

function readDashboardAddress(env: EnvironmentReader): DashboardAddress | undefined {
  const port = env.optionalText('DASHBOARD_PORT')
  const isPublic = env.optionalText('DASHBOARD_IS_PUBLIC') === 'true'
  return port === undefined ? undefined : { port: Number(port), isPublic }
}
