import { listensOnAll, eventsAddress, speaksTls } from '../addresses.ts'
import type { PlatformConfig } from '../../config/config-schema.ts'
import {
  answersOnOps,
  bucketEnv,
  bucketKeys,
  commonEnv,
  connectionsEnv,
  listenEnv,
  originEnv,
  retentionEnv,
  roadsEnv,
  unknownPolicyOf,
  userFileEnv,
} from '../environment.ts'
import type { Env } from '../environment.ts'
import { kafkaFiles } from '../external/kafka.ts'
import { databaseFiles, databasePassword } from '../external/postgres.ts'
import type { PlanContext, RoleFile, RoleUserFile } from '../role-file.ts'
import { watchedTlsEnv } from './ingress.ts'
import { kafkaEnv } from './kafka.ts'
import { postgresEnv } from './postgres.ts'
import { provision } from './provision.ts'

/** Shows the fleet in a browser. */
export const dashboard: RoleFile = {
  name: 'dashboard',
  instances: ({ dashboard }) => dashboard.instances,
  needs: [provision],
  stop: { rank: 2, graceMs: 4_000 },
  ports: {
    main: {
      container: 8080,
      host: ({ dashboard }) => dashboard.hostPort,
      key: 'dashboard.hostPort',
      hostAddress: ({ dashboard }) => ({ host: dashboard.public ? '0.0.0.0' : '127.0.0.1' }),
    },
    ops: {
      container: 8081,
      host: ({ dashboard }) => dashboard.opsHostPort,
      key: 'dashboard.opsHostPort',
    },
  },
  image: { from: 'node', isBuilt: true },
  bundle: { main: 'services/dashboard/main.ts', hasSql: true, hasPage: true },
  memoryBesideHeapMegabytes: 256,
  secrets: ['reader', 'operator', 'kafka'],
  userFiles: (config) => [
    ...[readersToken(config), mapFile(config), ...bucketKeys(config)],
    ...databaseFiles(config, ['reader', 'operator']),
    ...kafkaFiles(config),
  ],
  roads: 'read',
  knowsPipelines: true,
  databaseConnections: () => 14,
  plan: (context, instance) => ({
    env: envOf(context, instance),
    // Several tracks of a day at the same time, and 10 KB for each vehicle: its metadata may take 8 KB.
    heapMegabytes: 192 + Math.ceil(context.config.dashboard.maxVehicles / 100),
    youngMegabytes: 4,
    ready: answersOnOps(dashboard.name, instance, context),
  }),
}

/** The bearer token that readers must send. */
function readersToken({ dashboard }: PlatformConfig): RoleUserFile {
  return {
    name: 'dashboard-token',
    path: dashboard.tokenFile,
    kind: 'secret',
    key: 'dashboard.tokenFile',
    format: 'token',
  }
}

/** The map tiles. */
function mapFile({ dashboard }: PlatformConfig): RoleUserFile {
  return {
    name: 'map.pmtiles',
    path: dashboard.pmtilesFile,
    kind: 'mount',
    key: 'dashboard.pmtilesFile',
    format: 'pmtiles',
  }
}

function envOf(context: PlanContext, instance: number): Env {
  const { config, placement } = context
  const { staleAfterSeconds, silentAfterSeconds, maxVehicles, maxStreamsPerClient, trips } =
    config.dashboard
  return {
    ...commonEnv(context),
    ...kafkaEnv(context),
    ...postgresEnv(context),
    POSTGRES_PASSWORD_FILE: databasePassword('reader', context),
    POSTGRES_OPERATOR_PASSWORD_FILE: databasePassword('operator', context),
    ...retentionEnv(context),
    ...listenEnv('HTTP', placement.listen(dashboard.name, instance, 'main')),
    ...listenEnv('OPS', placement.listen(dashboard.name, instance, 'ops')),
    ...connectionsEnv(context),
    MAX_STREAMS_PER_CLIENT: String(maxStreamsPerClient),
    IS_PUBLIC: String(config.dashboard.public),
    SECURE_COOKIE: String(config.dashboard.secureCookie),
    STALE_AFTER_SECONDS: String(staleAfterSeconds),
    SILENT_AFTER_SECONDS: String(silentAfterSeconds),
    MAX_VEHICLES: String(maxVehicles),
    MAX_UPLOAD_BYTES: String(config.files.maxUploadMegabytes * 1_000_000),
    ...bucketEnv(context),
    TRIP_RULES: JSON.stringify(trips),
    INGRESS_PORT: String(config.ingress.hostPort),
    EVENTS_PATH: config.ingress.path,
    INGRESS_TLS: String(speaksTls(config)),
    ...watchedTlsEnv(context),
    ...eventsUrlEnv(context),
    INGRESS_NEEDS_TOKEN: String(needsToken(config)),
    IS_IN_CONTAINER: String(placement.kind === 'containers'),
    ...originEnv('FLEET_ORIGIN', context),
    ...roadsEnv('ROADS_FILE', placement.roadsFile('read')),
    ...optionalEnv(context),
    WATCHED_SERVICES: context.watchedServices,
  }
}

/** Whether each vehicle needs a token. `ask-if-new` says so only in the registry of devices. */
function needsToken(config: PlatformConfig): boolean {
  return config.ingress.tokenFile !== '' || ['refuse', 'ask'].includes(unknownPolicyOf(config))
}

/** The address of the ingress, unless it listens on all addresses of the machine. */
function eventsUrlEnv({ config, placement: { kind } }: PlanContext): Env {
  if (listensOnAll(config.ingress.hostAddress)) return {}
  return { EVENTS_URL: eventsAddress(config, { kind }) }
}

/** Variables that only some configurations have. */
function optionalEnv(context: PlanContext): Env {
  const { config } = context
  const { tilesUrl, tilesAttribution } = config.dashboard
  const { hostNames } = config.ingress
  return {
    ...(hostNames !== '' && { INGRESS_HOST_NAMES: hostNames }),
    ...userFileEnv('TOKEN_FILE', readersToken(config), context),
    ...(tilesUrl !== '' && { MAP_TILES_URL: tilesUrl }),
    ...userFileEnv('MAP_PMTILES_FILE', mapFile(config), context),
    ...(tilesAttribution !== '' && { MAP_ATTRIBUTION: tilesAttribution }),
  }
}
