import type { Micros } from '../telemetry/time.ts'
import type { ListenAddress } from '../adapters/http/server.ts'
import { readListenEnv } from '../adapters/http/config.ts'
import type { BucketSettings } from '../adapters/objects/bucket-settings.ts'
import { readBucketEnv } from '../adapters/objects/bucket-settings.ts'
import type { KafkaSettings } from '../adapters/kafka/client.ts'
import { readKafkaEnv } from '../adapters/kafka/connection/access.ts'
import type { PostgresSettings } from '../adapters/postgres/driver/settings.ts'
import { readPostgresEnv, roles } from '../adapters/postgres/driver/settings.ts'
import { EnvironmentReader } from '../runtime/env.ts'
import { readOriginEnv } from '../runtime/origin-env.ts'
import type { Pipeline } from '../runtime/pipelines-file.ts'
import { readPipelinesEnv } from '../runtime/pipelines-file.ts'
import type { GeoPosition } from '../telemetry/track/geo.ts'
import { microsecondsPerDay } from '../telemetry/reading/reading.ts'
import { readTripRulesEnv } from '../runtime/trip-rules-env.ts'
import type { TripRules } from '../telemetry/trips/trip-rules.ts'
import type { WatchedService } from './health/watched-service.ts'
import { parseWatchedService } from './health/watched-service.ts'

export type DashboardConfig = {
  readonly logLevel: string
  readonly kafka: KafkaSettings
  readonly postgres: PostgresSettings
  /** The same database with the role that changes pipelines. */
  readonly operator: PostgresSettings
  readonly pipelines: readonly Pipeline[]
  /** The bucket of the files; undefined if no files are loaded. */
  readonly bucket: BucketSettings | undefined
  /** The longest file that can be uploaded. */
  readonly maxUploadBytes: number
  readonly http: ListenAddress
  readonly operations: ListenAddress
  /** The bearer token that requests must contain; undefined = no token needed. */
  readonly token: string | undefined
  /** Whether browsers send the session cookie only over TLS. */
  readonly hasSecureCookie: boolean
  /** Whether the dashboard accepts requests under any host name. */
  readonly isPublic: boolean
  /** How long readings are kept, in microseconds. */
  readonly retentionMicros: Micros
  readonly staleAfterSeconds: number
  readonly silentAfterSeconds: number
  /** Limit of the connections of one client address. */
  readonly maxConnectionsPerClient: number
  /** Limit of the event streams of one client address. */
  readonly maxStreamsPerClient: number
  /** Limit of vehicles in the live view. */
  readonly maxVehicles: number
  /** What is a trip and what is a stop. */
  readonly trips: TripRules
  /** The address to which vehicles send their readings; the page shows it. */
  readonly ingress: {
    readonly port: number
    readonly path: string
    /** Undefined if the ingress listens on every address of the machine. */
    readonly eventsUrl: string | undefined
    /** Names under which a proxy with TLS publishes it. */
    readonly hostNames: readonly string[]
    readonly needsToken: boolean
    /** Whether the ingress requires TLS of other machines. */
    readonly isTls: boolean
    /** Where it speaks TLS, and its files if this process can read them; undefined without TLS. */
    readonly watchedTls:
      | {
          readonly address: ListenAddress
          readonly files: { readonly certFile: string; readonly keyFile: string } | undefined
        }
      | undefined
  }
  /** Whether it runs in a container: it then does not know the addresses of the machine. */
  readonly isInContainer: boolean
  /** The centre of the map while no vehicle is known. */
  readonly origin: GeoPosition
  readonly map: {
    readonly tilesUrl: string | undefined
    readonly attribution: string | undefined
    readonly pmtilesFile: string | undefined
    /**
     * The file to which the simulated fleet writes its roads; undefined without a simulated fleet.
     */
    readonly roadsFile: string | undefined
  }
  /** The services whose state is shown. */
  readonly watched: readonly WatchedService[]
}

/** @throws EnvironmentError that lists all errors */
export function readConfig(source: NodeJS.ProcessEnv): DashboardConfig {
  const env = new EnvironmentReader(source)
  return env.finish({
    logLevel: env.text('LOG_LEVEL', 'error, warn, info or debug'),
    kafka: readKafkaEnv(env),
    postgres: readPostgresEnv(env, roles.reader),
    operator: readPostgresEnv(env, roles.operator, 'POSTGRES_OPERATOR_PASSWORD_FILE'),
    pipelines: readPipelinesEnv(env),
    bucket: readBucketEnv(env),
    maxUploadBytes: env.positiveInteger('MAX_UPLOAD_BYTES', 'a number of bytes'),
    http: readListenEnv(env, 'HTTP'),
    operations: readListenEnv(env, 'OPS'),
    token: env.optionalToken('TOKEN_FILE'),
    hasSecureCookie: env.flag('SECURE_COOKIE'),
    isPublic: env.flag('IS_PUBLIC'),
    retentionMicros: env.positiveInteger('RETENTION_DAYS', 'a number of days') * microsecondsPerDay,
    staleAfterSeconds: env.positiveInteger('STALE_AFTER_SECONDS', 'a number of seconds'),
    silentAfterSeconds: env.positiveInteger('SILENT_AFTER_SECONDS', 'a number of seconds'),
    maxConnectionsPerClient: env.positiveInteger(
      'MAX_CONNECTIONS_PER_CLIENT',
      'a number of connections',
    ),
    maxStreamsPerClient: env.positiveInteger('MAX_STREAMS_PER_CLIENT', 'a number of streams'),
    maxVehicles: env.positiveInteger('MAX_VEHICLES', 'a number of vehicles'),
    trips: readTripRulesEnv(env),
    ingress: {
      port: env.positiveInteger('INGRESS_PORT', 'the port of the ingress'),
      path: env.text('EVENTS_PATH', 'a path, e.g. /events'),
      eventsUrl: env.optionalText('EVENTS_URL'),
      hostNames: env.optionalText('INGRESS_HOST_NAMES')?.split(',') ?? [],
      needsToken: env.flag('INGRESS_NEEDS_TOKEN'),
      isTls: env.flag('INGRESS_TLS'),
      watchedTls: readWatchedTls(env),
    },
    isInContainer: env.flag('IS_IN_CONTAINER'),
    origin: readOriginEnv(env, 'FLEET_ORIGIN'),
    map: {
      tilesUrl: env.optionalText('MAP_TILES_URL'),
      pmtilesFile: env.optionalText('MAP_PMTILES_FILE'),
      attribution: env.optionalText('MAP_ATTRIBUTION'),
      roadsFile: env.optionalText('ROADS_FILE'),
    },
    watched: readWatched(env),
  })
}

const watchedFormat = 'a list of NAME=HOST:PORT/PATH or NAME=HOST:PORT, separated by commas'

function readWatched(env: EnvironmentReader): WatchedService[] {
  const items = env.list('WATCHED_SERVICES', watchedFormat)
  const watched = items.flatMap((item) => parseWatchedService(item) ?? [])
  env.expect(watched.length === items.length, 'WATCHED_SERVICES', watchedFormat)
  return watched
}

function readWatchedTls(env: EnvironmentReader): DashboardConfig['ingress']['watchedTls'] {
  if (env.optionalText('INGRESS_TLS_ADDRESS') === undefined) return undefined
  const [address] = env.addresses('INGRESS_TLS_ADDRESS', 'HOST:PORT of the ingress')
  const certFile = env.optionalText('INGRESS_CERT_FILE')
  const keyFile = env.optionalText('INGRESS_KEY_FILE')
  const files = certFile === undefined || keyFile === undefined ? undefined : { certFile, keyFile }
  return address && { address, files }
}
