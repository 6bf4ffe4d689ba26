import type { PlatformConfig } from './config-schema.ts'
import { kafkaSettings, postgresSettings, zookeeperSettings } from './foreign-settings.ts'
import type { Address } from './address.ts'
import { inText, listensOnAll } from './address.ts'
import { eventsAddress } from './events-address.ts'
import type { Placement, PortName } from './placement.ts'
import type { ReadyCheck, Role, ServicePlan } from './service-plan.ts'

/** What each service of the topology is told: a function a role, all of them pure. */

export type PlanContext = { readonly config: PlatformConfig; readonly placement: Placement }

type Env = Record<string, string>
type Details = Partial<
  Pick<ServicePlan, 'env' | 'settings' | 'heapMegabytes' | 'youngMegabytes'>
> & {
  readonly ready: ReadyCheck
}

function planOf(role: Role, instance: number, details: Details): ServicePlan {
  return { name: `${role}-${instance}`, role, instance, env: {}, settings: {}, ...details }
}

export function postgres({ config, placement }: PlanContext): ServicePlan {
  return planOf('postgres', 0, {
    settings: postgresSettings(config, placement.listen('postgres', 0, 'main')),
    ready: { kind: 'sql', address: placement.reach('postgres', 0, 'main') },
  })
}

export function zookeeper({ config, placement }: PlanContext, instance: number): ServicePlan {
  return planOf('zookeeper', instance, {
    settings: zookeeperSettings(config, placement, instance),
    heapMegabytes: config.zookeeper.heapMegabytes,
    ready: { kind: 'quorum', address: placement.reach('zookeeper', instance, 'main') },
  })
}

export function kafka({ config, placement }: PlanContext, instance: number): ServicePlan {
  return planOf('kafka', instance, {
    settings: kafkaSettings(config, placement, instance),
    heapMegabytes: config.kafka.heapMegabytes,
    ready: { kind: 'broker', address: placement.reach('kafka', instance, 'main') },
  })
}

export function provision(context: PlanContext): ServicePlan {
  const { config, placement } = context
  const { partitions, replicationFactor, minInsyncReplicas, retentionHours, flushEachBatch } =
    config.kafka
  return planOf('provision', 0, {
    env: {
      ...commonEnv(context),
      ...kafkaEnv(context),
      KAFKA_PARTITIONS: String(partitions),
      KAFKA_REPLICATION_FACTOR: String(replicationFactor),
      KAFKA_MIN_INSYNC_REPLICAS: String(minInsyncReplicas),
      KAFKA_RETENTION_HOURS: String(retentionHours),
      KAFKA_FLUSH_EACH_BATCH: String(flushEachBatch),
      ...postgresEnv(context),
      POSTGRES_PASSWORD_FILE: placement.secretFile('owner'),
      POSTGRES_WRITER_PASSWORD_FILE: placement.secretFile('writer'),
      POSTGRES_READER_PASSWORD_FILE: placement.secretFile('reader'),
    },
    ready: { kind: 'exit' },
  })
}

export function producer(context: PlanContext, instance: number): ServicePlan {
  const { config, placement } = context
  return planOf('producer', instance, {
    env: {
      ...commonEnv(context),
      ...kafkaEnv(context),
      ...postgresEnv(context),
      POSTGRES_PASSWORD_FILE: placement.secretFile('reader'),
      ...retentionEnv(context),
      ...listenEnv('HTTP', placement.listen('producer', instance, 'main')),
      ...listenEnv('OPS', placement.listen('producer', instance, 'ops')),
      EVENTS_PATH: config.ingress.path,
      ...dashboardLinkEnv(context),
      ...tokenEnv('TOKEN_FILE', context),
      ...originEnv('FORM_ORIGIN', context),
      MAX_PENDING_MEGABYTES: String(config.producer.maxPendingMegabytes),
      MAX_LAG: String(config.producer.maxLag),
      MAX_READINGS_PER_SECOND_PER_CLIENT: String(config.ingress.maxReadingsPerSecondPerClient),
    },
    // What it is made of and thousands of connections, and twice the bodies that may be pending.
    heapMegabytes: 96 + 2 * config.producer.maxPendingMegabytes,
    ready: answersOnOps('producer', instance, context),
  })
}

/** For the counter's page to link to the dashboard, where there is one. */
function dashboardLinkEnv({ config }: PlanContext): Env {
  const { instances, hostPort, public: isPublic } = config.dashboard
  if (instances === 0) return {}
  return { DASHBOARD_PORT: String(hostPort), DASHBOARD_IS_PUBLIC: String(isPublic) }
}

export function consumer(context: PlanContext, instance: number): ServicePlan {
  const { config, placement } = context
  return planOf('consumer', instance, {
    env: {
      ...commonEnv(context),
      ...kafkaEnv(context),
      ...postgresEnv(context),
      POSTGRES_PASSWORD_FILE: placement.secretFile('writer'),
      ...retentionEnv(context),
      ACCOUNT_CHECK_HOURS: String(config.consumer.accountCheckHours),
      ...listenEnv('OPS', placement.listen('consumer', instance, 'ops')),
    },
    // Batches of six partitions, decoded, several times over.
    heapMegabytes: 160,
    ready: answersOnOps('consumer', instance, context),
  })
}

export function ingress(context: PlanContext): ServicePlan {
  const { config, placement } = context
  const address = placement.reach('ingress', 0, 'main')
  return planOf('ingress', 0, {
    env: {
      ...commonEnv(context),
      ...listenEnv('HTTP', placement.listen('ingress', 0, 'main')),
      PRODUCERS: producerAddresses(context, 'main'),
      PRODUCERS_OPS: producerAddresses(context, 'ops'),
    },
    ready: { kind: 'http', address, path: config.ingress.path },
  })
}

export function dashboard(context: PlanContext, instance: number): ServicePlan {
  const { config, placement } = context
  const { staleAfterSeconds, silentAfterSeconds, maxVehicles } = config.dashboard
  return planOf('dashboard', instance, {
    env: {
      ...commonEnv(context),
      ...kafkaEnv(context),
      ...postgresEnv(context),
      POSTGRES_PASSWORD_FILE: placement.secretFile('reader'),
      ...retentionEnv(context),
      ...listenEnv('HTTP', placement.listen('dashboard', instance, 'main')),
      ...listenEnv('OPS', placement.listen('dashboard', instance, 'ops')),
      IS_PUBLIC: String(config.dashboard.public),
      STALE_AFTER_SECONDS: String(staleAfterSeconds),
      SILENT_AFTER_SECONDS: String(silentAfterSeconds),
      MAX_VEHICLES: String(maxVehicles),
      INGRESS_PORT: String(config.ingress.hostPort),
      EVENTS_PATH: config.ingress.path,
      ...eventsUrlEnv(config),
      ...originEnv('FLEET_ORIGIN', context),
      ...roadsEnv('ROADS_FILE', placement.roadsFile('dashboard')),
      ...dashboardFilesEnv(context),
      WATCHED_SERVICES: watchedServices(context),
    },
    // Several tracks of a day at once, and ten kilobytes for each vehicle: its metadata may take eight.
    heapMegabytes: 192 + Math.ceil(maxVehicles / 100),
    youngMegabytes: 4,
    ready: answersOnOps('dashboard', instance, context),
  })
}

/** Where the ingress is, unless it is reached by every name of the machine. */
function eventsUrlEnv(config: PlatformConfig): Env {
  return listensOnAll(config.ingress.hostAddress) ? {} : { EVENTS_URL: eventsAddress(config) }
}

/** What only some dashboards have. */
function dashboardFilesEnv({ config, placement }: PlanContext): Env {
  const { tokenFile, tilesUrl, pmtilesFile, tilesAttribution } = config.dashboard
  return {
    ...(tokenFile !== '' && { TOKEN_FILE: placement.userFile('dashboard-token', tokenFile) }),
    ...(tilesUrl !== '' && { MAP_TILES_URL: tilesUrl }),
    ...(pmtilesFile !== '' && { MAP_PMTILES_FILE: placement.userFile('map', pmtilesFile) }),
    ...(tilesAttribution !== '' && { MAP_ATTRIBUTION: tilesAttribution }),
  }
}

/** Whose being there the dashboard shows, as `NAME=HOST:PORT/PATH`; without a path where there is no HTTP. */
function watchedServices(context: PlanContext): string {
  const { config, placement } = context
  const roles = [
    ['ingress', 'main', config.ingress.path],
    ['producer', 'ops', '/readyz'],
    ['kafka', 'main', ''],
    ['zookeeper', 'main', ''],
    ['consumer', 'ops', '/readyz'],
    ['postgres', 'main', ''],
  ] as const
  const watched = roles.flatMap(([role, port, path]) =>
    Array.from({ length: config[role].instances }, (_, instance) => {
      const address = inText(placement.reach(role, instance, port))
      return `${role}-${instance}=${address}${path}`
    }),
  )
  return watched.join(',')
}

/** Which vehicles of a seed a process drives. */
export type FleetShare = {
  readonly seed: number
  readonly firstVehicle: number
  readonly numVehicles: number
}

export function fleet(context: PlanContext, share: FleetShare): ServicePlan {
  const { config, placement } = context
  return planOf('fleet', 0, {
    env: {
      ...commonEnv(context),
      FLEET_HOST: inText(placement.reach('ingress', 0, 'main')),
      FLEET_EVENTS_PATH: config.ingress.path,
      FLEET_FIRST_VEHICLE: String(share.firstVehicle),
      FLEET_NUM_VEHICLES: String(share.numVehicles),
      FLEET_REPORT_INTERVAL_SECONDS: String(config.fleet.reportIntervalSeconds),
      FLEET_SEED: String(share.seed),
      ...originEnv('FLEET_ORIGIN', context),
      ...tokenEnv('FLEET_TOKEN_FILE', context),
      FLEET_REFUSED_FILE: placement.dataFile('fleet', 0, 'refused.ndjson'),
      ...roadsEnv('FLEET_ROADS_FILE', placement.roadsFile('fleet')),
      FLEET_JOURNAL_FOLDER: placement.dataFile('fleet', 0, 'journal'),
      FLEET_JOURNAL_MEGABYTES: String(config.fleet.journalMegabytes),
    },
    ready: { kind: 'none' },
  })
}

/** The platform's own vehicles say on which roads they drive. */
function roadsEnv(name: string, file: string | undefined): Env {
  return file === undefined ? {} : { [name]: file }
}

function commonEnv({ config }: PlanContext): Env {
  return { LOG_LEVEL: config.services.logLevel }
}

function kafkaEnv({ config, placement }: PlanContext): Env {
  const brokers = Array.from({ length: config.kafka.instances }, (_, instance) =>
    inText(placement.reach('kafka', instance, 'main')),
  )
  return { KAFKA_BROKERS: brokers.join(','), KAFKA_TOPIC: config.kafka.topic }
}

function postgresEnv({ config, placement }: PlanContext): Env {
  const { host, port } = placement.reach('postgres', 0, 'main')
  return {
    POSTGRES_HOST: host,
    POSTGRES_PORT: String(port),
    POSTGRES_DATABASE: config.postgres.database,
    POSTGRES_TABLE: config.postgres.table,
  }
}

function retentionEnv({ config }: PlanContext): Env {
  return { RETENTION_DAYS: String(config.postgres.retentionDays) }
}

function listenEnv(prefix: string, { host, port }: Address): Env {
  return { [`${prefix}_HOST`]: host, [`${prefix}_PORT`]: String(port) }
}

function originEnv(prefix: string, { config }: PlanContext): Env {
  const { latitude, longitude, altitude } = config.fleet.origin
  return {
    [`${prefix}_LATITUDE`]: String(latitude),
    [`${prefix}_LONGITUDE`]: String(longitude),
    [`${prefix}_ALTITUDE`]: String(altitude),
  }
}

function tokenEnv(name: string, { config, placement }: PlanContext): Env {
  const { tokenFile } = config.ingress
  return tokenFile === '' ? {} : { [name]: placement.userFile('token', tokenFile) }
}

function producerAddresses({ config, placement }: PlanContext, port: PortName): string {
  const addresses = Array.from({ length: config.producer.instances }, (_, instance) =>
    inText(placement.reach('producer', instance, port)),
  )
  return addresses.join(',')
}

function answersOnOps(
  role: 'producer' | 'consumer' | 'dashboard',
  instance: number,
  { placement }: PlanContext,
): ReadyCheck {
  return { kind: 'http', address: placement.reach(role, instance, 'ops'), path: '/readyz' }
}
