import { randomUUID } from 'node:crypto'
import type { Registry } from 'prom-client'
import { FailedTokens } from '../adapters/http/tokens/failed-tokens.ts'
import type { Readiness } from '../adapters/http/ops-app.ts'
import type { OnLimitReached } from '../adapters/http/limits/limit-report.ts'
import { limitReport, serverLimits } from '../adapters/http/limits/limit-report.ts'
import { listenForOps } from '../adapters/http/ops-app.ts'
import { listen } from '../adapters/http/server.ts'
import { createKafka } from '../adapters/kafka/client.ts'
import { RecordConsumer } from '../adapters/kafka/record-consumer.ts'
import { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import { openBucket } from '../adapters/objects/bucket-settings.ts'
import type { Pool } from '../adapters/postgres/driver/connection.ts'
import { createPool, destroyConnectionsOnAbort } from '../adapters/postgres/driver/connection.ts'
import { readLastCheck } from '../adapters/postgres/ledger/read-accounts.ts'
import { countByState, readWorkBacklog } from '../adapters/postgres/tasks/work-now.ts'
import { PostgresDeadLetterStore } from '../adapters/postgres/dead-letters/dead-letter-store.ts'
import { PostgresLedgerStore } from '../adapters/postgres/ledger/ledger-store.ts'
import { PostgresReportStore } from '../adapters/postgres/readings/report-store.ts'
import { PostgresTrackStore } from '../adapters/postgres/readings/track-store.ts'
import { PostgresVehicleStore } from '../adapters/postgres/readings/vehicle-store.ts'
import { devicesTopicOf } from '../devices/devices-topic.ts'
import { openRegistry } from '../devices/open-registry.ts'
import { readWaitingVehicles } from '../devices/waiting-vehicles.ts'
import type { Running } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import { createRegistry } from '../runtime/metrics.ts'
import { Resources } from '../runtime/resources.ts'
import { topicStateOf } from '../stream/position/topic-log.ts'
import { readingsPipeline } from '../telemetry/pipeline.ts'
import { dashboardApp } from './app.ts'
import type { DashboardConfig } from './config.ts'
import { createDashboardMetrics } from './dashboard-metrics.ts'
import type { DeviceRoutesOptions } from './devices/device-routes.ts'
import { VehicleDevices } from './devices/vehicle-devices.ts'
import { CertificateMonitor } from './health/certificate-monitor.ts'
import { DeadLetterMonitor } from './health/dead-letter-monitor.ts'
import { TopicFollower } from './live/topic-follower.ts'
import { Health } from './health/health.ts'
import { LiveFleet } from './live/live-fleet.ts'
import { replayOffset, storedOffsets } from './health/topic-log.ts'
import { readPageFiles } from './page-files.ts'
import { PlatformMonitor } from './health/platform-monitor.ts'
import { addressOf } from './health/watched-service.ts'
import type { FileRoutesOptions } from './files/file-routes.ts'
import { FileWork } from './files/file-work.ts'
import { mayChange } from './http/access.ts'
import { createPipelines } from './pipelines/pipelines.ts'
import { TaskOperator } from './tasks/task-operator.ts'
import { WorkReader } from './tasks/work-reader.ts'
import type { TaskRoutesOptions } from './tasks/task-routes.ts'
import { restoreFleet } from './live/restore-fleet.ts'
import { StreamHub } from './live/stream-hub.ts'

/**
 * A stream connection that accepts no bytes for this time is closed. Linux frees the send buffer of
 * a connection in steps of a third, up to 1.3 MB; at 160 kbit/s one step takes 64 s.
 */
const streamStallTimeoutMs = 120_000
/**
 * Memory for responses that browsers have not taken yet. The largest response, a GPX file of 100,000
 * readings, takes about half of it.
 */
const maxUnsentBytes = 64 * 1024 * 1024
/** An upload must have arrived after this time. Other requests have less (`limitArrival`). */
const requestTimeoutMs = 3_600_000
/** The number of vehicles whose newest rows are read to measure the storing delay. */
const delaySampleSize = 50
/** Each fetch waits for more records: three updates a second are enough for people. */
const fetch = { minBytes: 1_048_576, maxWaitMs: 300 }
const poolOptions = {
  applicationName: 'av-telemetry dashboard',
  maxConnections: 6,
  queryTimeoutMs: 30_000,
  // Postgres ends a query whose client is gone, and uses at most one core per query.
  serverOptions:
    '-c statement_timeout=30s -c client_connection_check_interval=2s -c max_parallel_workers_per_gather=0',
}
const operatorPoolOptions = {
  applicationName: 'av-telemetry dashboard operator',
  maxConnections: 2,
  queryTimeoutMs: 5_000,
  serverOptions: '-c statement_timeout=5s',
}

/** Serves the dashboard until disposed. */
export async function startDashboard(
  config: DashboardConfig,
  logger: Logger,
  stop: AbortSignal,
): Promise<Running> {
  await using resources = new Resources()
  const parts = createParts(config, logger, resources)
  const { registry, feed, fleet, pool, hub, monitor, vehicles, health, vehicleDevices } = parts
  const readiness = (): Readiness => readinessOf(feed, stop)
  resources.use(await listenForOps({ registry, readiness }, config.operations))
  const stores = storesOf(pool, config.postgres.table)
  const failedTokens = new FailedTokens({ registry, logger })
  const work = createWork({ config, logger, resources, pool, monitor, vehicleDevices })
  const sources = { fleet, hub, ...stores, health, ...work, vehicleDevices, failedTokens, logger }
  const app = dashboardApp({ config, files: readPageFiles(), ...sources })
  const limits = limitsOf(config, parts.onLimitReached)
  resources.use(await listen(app, config.http, { hosts: '*', limits }))
  // Disposed before the server, which waits until all connections are closed.
  resources.use(hub)
  const background = new AbortController()
  destroyConnectionsOnAbort(pool, background.signal)
  const initialView = await monitor.readInitialView(stop)
  const monitoring = monitor.run(background.signal)
  const watching = watchCertificate(config, registry, background.signal)
  const restoring = restoreFleet(
    { store: vehicles, fleet, maxVehicles: config.maxVehicles, logger },
    background.signal,
  )
  const stored = storedOffsets(initialView.ledgers ?? [], initialView.topicLog?.logId)
  const follower = new TopicFollower({
    fleet,
    retentionMicros: config.retentionMicros,
    initialOffset: (partition, highWatermark) => replayOffset(stored.get(partition), highWatermark),
    storedOffset: (partition) => {
      const { ledgers, topicLog } = monitor.view
      return storedOffsets(ledgers ?? [], topicLog?.logId).get(partition)
    },
    currentLogId: () => monitor.view.topicLog?.logId,
    onRecords: parts.onRecords,
  })
  feed.start(follower.handleBatch)
  const owned = resources.move()
  return {
    [Symbol.asyncDispose]: async () => {
      background.abort()
      await Promise.all([monitoring, watching, restoring])
      await owned[Symbol.asyncDispose]()
    },
  }
}

function watchCertificate(
  { ingress }: DashboardConfig,
  registry: Registry,
  signal: AbortSignal,
): Promise<void> {
  if (ingress.watchedTls === undefined) return Promise.resolve()
  return new CertificateMonitor(ingress.watchedTls, registry).run(signal)
}

function limitsOf({ maxConnectionsPerClient }: DashboardConfig, onReached: OnLimitReached) {
  return { maxUnsentBytes, maxConnectionsPerClient, requestTimeoutMs, onReached }
}

type WorkContext = {
  readonly config: DashboardConfig
  readonly logger: Logger
  readonly resources: Resources
  readonly pool: Pool
  readonly monitor: PlatformMonitor
  readonly vehicleDevices: VehicleDevices
}

/** Creates what the routes of pipelines, tasks, workers and devices need. The resources own it. */
function createWork(context: WorkContext) {
  const { config, logger, resources, pool, monitor } = context
  const operatorPool = resources.adopt(
    createPool(config.operator, { ...operatorPoolOptions, logger }),
    (opened) => opened.end(),
  )
  const services = () => monitor.view.services
  const pipelines = createPipelines({ config, logger, resources, pool, operatorPool, services })
  const tasks: TaskRoutesOptions = {
    reader: new WorkReader({ pool, logger }),
    operator: new TaskOperator({ pool, operatorPool }),
    mayChange: mayChange(config),
    logger,
  }
  const store = config.bucket && openBucket(config.bucket)
  const bucket: FileRoutesOptions = {
    work: new FileWork({ pool, operatorPool, store, logger }),
    ...{ maxUploadBytes: config.maxUploadBytes, mayChange: mayChange(config), logger },
  }
  const devices = openDevices(context)
  return { pipelines, tasks, outputs: { pool, store, logger }, bucket, devices }
}

/** Reads the registry of devices, for its routes and for the names of the vehicles. */
function openDevices({ config, logger, resources, vehicleDevices }: WorkContext) {
  const kafka = createKafka(config.kafka, 'av-telemetry-dashboard-devices', logger)
  const topic = devicesTopicOf(config.kafka.topic)
  const { onDevice, onRead } = vehicleDevices
  const registry = resources.use(openRegistry(kafka, { topic, logger, onDevice, onRead }))
  const producers = config.watched.filter(({ name }) => /^producer-\d+$/.test(name)).map(addressOf)
  const waiting = () => readWaitingVehicles(producers)
  const devices: DeviceRoutesOptions = { registry, waiting, mayChange: mayChange(config), logger }
  return devices
}

/** The stores of readings that routes read. */
function storesOf(pool: Pool, table: string) {
  return { tracks: new PostgresTrackStore(pool, table), reports: new PostgresReportStore(pool) }
}

/** Creates the parts of the dashboard. None of them is started yet. */
function createParts(config: DashboardConfig, logger: Logger, resources: Resources) {
  const { topic, isExternal } = config.kafka
  const { table } = config.postgres
  const registry = createRegistry('dashboard')
  const kafka = createKafka(config.kafka, 'av-telemetry-dashboard', logger)
  const pool = resources.adopt(
    createPool(config.postgres, { ...poolOptions, logger }),
    (openedPool) => openedPool.end(),
  )
  const admin = resources.use(new TopicAdmin(kafka, topic))
  const vehicleDevices = new VehicleDevices()
  const fleet = new LiveFleet(config.maxVehicles, vehicleDevices)
  vehicleDevices.listen((vins) => {
    fleet.applyDevices(vins)
  })
  const vehicles = new PostgresVehicleStore(pool, table)
  const ledgers = new PostgresLedgerStore(pool, readingsPipeline)
  const monitor: PlatformMonitor = new PlatformMonitor({
    admin: topicStateOf({ topic, admin, ledgers, isExternal }),
    ledgers,
    vehicles,
    deadLetters: new DeadLetterMonitor(new PostgresDeadLetterStore(pool, readingsPipeline)),
    lastCheck: () => readLastCheck(pool, readingsPipeline),
    work: async () => ({ ...(await readWorkBacklog(pool)), tasks: await countByState(pool) }),
    services: config.watched,
    sampleVins: () => fleet.recentVins(delaySampleSize),
    onUpdate: (view) => {
      health.update(view, Date.now())
    },
    logger,
  })
  const health = new Health(() => monitor.view)
  const onLimitReached = limitReport(registry, serverLimits, logger)
  const hub = new StreamHub({
    ...{ fleet, logger, healthJson: () => JSON.stringify(health.current()) },
    stallTimeoutMs: streamStallTimeoutMs,
    maxPerClient: config.maxStreamsPerClient,
    onLimitReached,
  })
  const { onRecords } = createDashboardMetrics(registry, { fleet, hub, view: () => monitor.view })
  // A new group for each start: it commits no offsets, and need not wait for a killed member to
  // time out.
  const groupId = `av-telemetry-dashboard-${randomUUID()}`
  const onJoin = (): void => undefined
  const feed = resources.use(
    new RecordConsumer(kafka, { topic, groupId, logger, onJoin, commits: false, fetch }),
  )
  const live = { fleet, vehicleDevices, hub, onRecords, feed }
  return { registry, pool, monitor, health, vehicles, ...live, onLimitReached }
}

function readinessOf(feed: RecordConsumer, stop: AbortSignal): Readiness {
  if (stop.aborted) return { ready: false, reason: 'stopping' }
  if (feed.accessFault !== undefined) return { ready: false, reason: feed.accessFault }
  if (!feed.joined) return { ready: false, reason: 'the consumer group is not joined yet' }
  return { ready: true }
}
