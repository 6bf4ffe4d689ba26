import { randomUUID } from 'node:crypto'
import type { Readiness } from '../adapters/http/operations.ts'
import { operationsApp } from '../adapters/http/operations.ts'
import { listen } from '../adapters/http/server.ts'
import { createKafka } from '../adapters/kafka/client.ts'
import { RecordFeed } from '../adapters/kafka/record-feed.ts'
import { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import { createPool, destroyConnectionsOnAbort } from '../adapters/postgres/driver/connection.ts'
import { lastCheck } from '../adapters/postgres/ledger/account-store.ts'
import { PostgresDeadLetterStore } from '../adapters/postgres/dead-letters/dead-letter-store.ts'
import { PostgresLedgerStore } from '../adapters/postgres/ledger/ledger-store.ts'
import { PostgresTrackStore } from '../adapters/postgres/readings/track-store.ts'
import { PostgresVehicleStore } from '../adapters/postgres/readings/vehicle-store.ts'
import type { Running } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import { createRegistry } from '../runtime/metrics.ts'
import { Resources } from '../runtime/resources.ts'
import { readingsPipeline } from '../telemetry/pipeline.ts'
import { dashboardApp } from './app.ts'
import type { DashboardConfig } from './config.ts'
import { createDashboardMetrics } from './dashboard-metrics.ts'
import { DeadLetterMonitor } from './health/dead-letter-monitor.ts'
import { TopicFollower } from './live/topic-follower.ts'
import { Health } from './health/health.ts'
import { LiveFleet } from './live/live-fleet.ts'
import { replayOffset, storedOffsets } from './health/topic-log.ts'
import { readPageFiles } from './page-files.ts'
import { PlatformMonitor } from './health/platform-monitor.ts'
import { restoreFleet } from './live/restore-fleet.ts'
import { StreamHub } from './live/stream-hub.ts'

/**
 * Milliseconds for which the connection of a browser on the stream may take nothing. Linux makes room
 * in steps of a third of what it keeps for a connection, up to 1.3 MB: over 160 kbit/s one takes 64 s.
 */
const streamStallTimeoutMs = 120_000
/** Vehicles whose newest rows tell how long storing takes. */
const delaySampleSize = 50
/** Each fetch waits a little for more: a few a second are enough for people to look at. */
const fetch = { minBytes: 16_384, maxWaitMs: 150 }
const poolOptions = {
  applicationName: 'av-telemetry dashboard',
  maxConnections: 6,
  queryTimeoutMs: 30_000,
  // What nobody waits for any more ends; and no question takes more than one core.
  serverOptions:
    '-c statement_timeout=30s -c client_connection_check_interval=2s -c max_parallel_workers_per_gather=0',
}

/** Shows the fleet in a browser, until disposed. */
export async function startDashboard(
  config: DashboardConfig,
  logger: Logger,
  stop: AbortSignal,
): Promise<Running> {
  await using resources = new Resources()
  const parts = open(config, logger, resources)
  const { registry, feed, fleet, pool, hub, watch, vehicles, health } = parts
  const readiness = (): Readiness => readinessOf(feed, stop)
  resources.use(await listen(operationsApp({ registry, readiness }), config.operations))
  const tracks = new PostgresTrackStore(pool, config.postgres.table)
  const app = dashboardApp({ config, files: readPageFiles(), fleet, hub, tracks, health, logger })
  resources.use(await listen(app, config.http))
  // Streams end before the server waits for its connections to end.
  resources.use(hub)
  const ending = new AbortController()
  destroyConnectionsOnAbort(pool, ending.signal)
  const first = await watch.readInitialView(stop)
  const watching = watch.run(ending.signal)
  const recalling = restoreFleet(
    { store: vehicles, fleet, maxVehicles: config.maxVehicles, logger },
    ending.signal,
  )
  const stored = storedOffsets(first.ledgers ?? [], first.topicLog?.logId)
  const follower = new TopicFollower({
    fleet,
    retentionMicros: config.retentionMicros,
    initialOffset: (partition, highWatermark) => replayOffset(stored.get(partition), highWatermark),
    currentLogId: () => watch.view.topicLog?.logId,
    onRecords: parts.onRecords,
  })
  feed.start(follower.handleBatch)
  const held = resources.move()
  return {
    [Symbol.asyncDispose]: async () => {
      ending.abort()
      await Promise.all([watching, recalling])
      await held[Symbol.asyncDispose]()
    },
  }
}

/** What a dashboard consists of, before any of it works. */
function open(config: DashboardConfig, logger: Logger, resources: Resources) {
  const { topic } = config.kafka
  const { table } = config.postgres
  const registry = createRegistry('dashboard')
  const kafka = createKafka(config.kafka, 'av-telemetry-dashboard', logger)
  const pool = resources.adopt(createPool(config.postgres, { ...poolOptions, logger }), (opened) =>
    opened.end(),
  )
  const admin = resources.use(new TopicAdmin(kafka, topic))
  const fleet = new LiveFleet(config.maxVehicles)
  const vehicles = new PostgresVehicleStore(pool, table)
  const watch: PlatformMonitor = new PlatformMonitor({
    admin,
    ledgers: new PostgresLedgerStore(pool, readingsPipeline),
    vehicles,
    deadLetters: new DeadLetterMonitor(new PostgresDeadLetterStore(pool, readingsPipeline)),
    lastCheck: () => lastCheck(pool, readingsPipeline),
    services: config.watched,
    sampleVins: () => fleet.recentVins(delaySampleSize),
    onUpdate: (view) => {
      health.update(view, Date.now())
    },
    logger,
  })
  const health = new Health(() => watch.view)
  const healthJson = () => JSON.stringify(health.current())
  const hub = new StreamHub({ fleet, logger, healthJson, stallTimeoutMs: streamStallTimeoutMs })
  const { onRecords } = createDashboardMetrics(registry, { fleet, hub, view: () => watch.view })
  // A group of its own each time: it commits nothing, and waits for no member that was killed.
  const groupId = `av-telemetry-dashboard-${randomUUID()}`
  const onJoin = (): void => undefined
  const feed = resources.use(
    new RecordFeed(kafka, { topic, groupId, logger, onJoin, commits: false, fetch }),
  )
  return { registry, pool, watch, health, vehicles, fleet, hub, onRecords, feed }
}

function readinessOf(feed: RecordFeed, stop: AbortSignal): Readiness {
  if (stop.aborted) return { ready: false, reason: 'stopping' }
  if (!feed.joined) return { ready: false, reason: 'the log is not followed yet' }
  return { ready: true }
}
