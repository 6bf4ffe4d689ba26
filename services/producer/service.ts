import type { Registry } from 'prom-client'
import { limitReport } from '../adapters/http/limits/limit-report.ts'
import { MemoryBudget } from '../adapters/http/limits/memory-budget.ts'
import { FailedTokens } from '../adapters/http/tokens/failed-tokens.ts'
import { FailureDelay } from '../adapters/http/tokens/failure-delay.ts'
import { TokenCheck } from '../adapters/http/tokens/token-check.ts'
import type { Readiness } from '../adapters/http/ops-app.ts'
import { listenForOps } from '../adapters/http/ops-app.ts'
import { reportRefusedHeaders } from '../adapters/http/proxy/refused-headers.ts'
import type { RunningServer } from '../adapters/http/server.ts'
import { listen } from '../adapters/http/server.ts'
import { consumerGroupOf, createKafka } from '../adapters/kafka/client.ts'
import type { ClosableKafka } from '../adapters/kafka/closable-kafka.ts'
import { KafkaRecordAppender } from '../adapters/kafka/writing/record-appender.ts'
import { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { Pool } from '../adapters/postgres/driver/connection.ts'
import { createPool } from '../adapters/postgres/driver/connection.ts'
import { PostgresLedgerStore } from '../adapters/postgres/ledger/ledger-store.ts'
import { PostgresReceiptStore } from '../adapters/postgres/ledger/receipt-store.ts'
import type { Running } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import { createRegistry } from '../runtime/metrics.ts'
import { Resources } from '../runtime/resources.ts'
import { retryForever, warnOfReasons } from '../runtime/retry.ts'
import { topicStateOf } from '../stream/position/topic-log.ts'
import { readingsPipeline } from '../telemetry/pipeline.ts'
import { devicesTopicOf } from '../devices/devices-topic.ts'
import { RegistryReader } from '../devices/registry-reader.ts'
import { waitingVehiclesPath } from '../devices/waiting-vehicles.ts'
import type { AccessOptions } from './access/access.ts'
import { Access } from './access/access.ts'
import { WaitingVehicles } from './access/waiting-vehicles.ts'
import type { AppOptions } from './app.ts'
import { plainEvents, producerApp } from './app.ts'
import { ClientRateLimit } from './limits/client-rate-limit.ts'
import { RecordCollector } from './events/collect-records.ts'
import type { ProducerConfig } from './config.ts'
import { LagLimit } from './limits/lag-limit.ts'
import { requestTimeoutAt } from './problems.ts'
import { createProducerMetrics } from './producer-metrics.ts'
import { TopicWatch } from './topic-watch.ts'
import { watchLag } from './limits/watch-lag.ts'

/** Starts the HTTP API that accepts readings and appends them to the topic; disposing stops it. */
export async function startProducer(
  config: ProducerConfig,
  logger: Logger,
  stop: AbortSignal,
): Promise<Running> {
  const { topic } = config.kafka
  await using resources = new Resources()
  const registry = createRegistry('producer')
  const kafka = createKafka(config.kafka, 'av-telemetry-producer', logger)
  const pool = resources.adopt(createPool(config.postgres, { ...poolOptions, logger }), (open) =>
    open.end(),
  )
  const admin = resources.use(new TopicAdmin(kafka, topic))
  const records = resources.use(new KafkaRecordAppender(kafka, { topic, logger }))
  const collector = resources.use(new RecordCollector(records))
  const watch = new TopicWatch(stateOf(config, { admin, pool }), logger, (count) => {
    records.setPartitions(count)
  })
  const devices = resources.use(followDevices(kafka, topic, logger))
  const sources = { watch, devices, stop, isListening: false }
  const readiness = (): Readiness => readinessOf(sources)
  const waiting = new WaitingVehicles()
  const lists = { [waitingVehiclesPath]: () => ({ waiting: waiting.list() }) }
  resources.use(await listenForOps({ registry, readiness, lists }, config.operations))
  const limits = createLimits(config)
  const receipts = new PostgresReceiptStore(pool, { pipeline: readingsPipeline, topic })
  const counters = createProducerMetrics(registry, { ...limits, watch })
  const onRefused = counters.onVehicleRefused
  const access = createAccess(config, devices, { registry, logger, onRefused, waiting })
  const used = { collector, watch, receipts, ...access, logger }
  const appOptions = { ...config, ...limits, ...counters, ...used }
  const retry = { ...retryPauses, signal: stop, onFailure: warnOfReasons(logger, 'topic-not-seen') }
  await retryForever(() => records.connect(), retry)
  await retryForever(() => watch.refresh(), retry)
  // Without the devices requests get 503.
  await devices.whenReady(AbortSignal.any([stop, AbortSignal.timeout(devicesWaitMs)]))
  // Not before: an ingress sends requests to an instance that has just been replaced before it has checked
  // its readiness. It sends a request to another instance if the connection is refused.
  resources.use(await listenForReadings(config, appOptions, registry))
  sources.isListening = true
  resources.use(watchTopic(kafka, { topic, watch, lagLimit: limits.lagLimit, logger }))
  return resources.move()
}

type TopicOptions = {
  readonly topic: string
  readonly watch: TopicWatch
  readonly lagLimit: LagLimit
  readonly logger: Logger
}

/** Watches the topic, and how many of its records are not stored yet, until it is disposed. */
function watchTopic(kafka: ClosableKafka, options: TopicOptions): AsyncDisposable {
  const { topic, watch } = options
  const admin = new TopicAdmin(kafka, topic)
  const groupId = consumerGroupOf({ pipeline: readingsPipeline, topic })
  const stop = new AbortController()
  const { signal } = stop
  const ended = Promise.all([watch.watch(signal), watchLag({ admin, groupId, ...options }, signal)])
  return {
    [Symbol.asyncDispose]: async () => {
      stop.abort()
      await ended
      await admin[Symbol.asyncDispose]()
    },
  }
}

/** The state of the topic with its log id. */
function stateOf(
  { kafka: { topic, isExternal } }: ProducerConfig,
  { admin, pool }: { readonly admin: TopicAdmin; readonly pool: Pool },
): Pick<TopicAdmin, 'state'> {
  const ledgers = new PostgresLedgerStore(pool, readingsPipeline)
  return topicStateOf({ topic, admin, ledgers, isExternal })
}

function createLimits(config: ProducerConfig) {
  return {
    memory: new MemoryBudget(config.maxPendingBytes, slowBodyMs),
    rateLimit: new ClientRateLimit(config.maxReadingsPerSecondPerClient),
    lagLimit: new LagLimit(config.maxLag),
  }
}

/** How long a start waits for the devices before the producer listens. */
const devicesWaitMs = 3_000

function followDevices(kafka: ClosableKafka, topic: string, logger: Logger): RegistryReader {
  return new RegistryReader(kafka, { topic: devicesTopicOf(topic), logger }).start()
}

type AccessContext = Pick<AccessOptions, 'onRefused'> & {
  readonly waiting: WaitingVehicles
  readonly registry: Registry
  readonly logger: Logger
}

function createAccess(
  { token, platformToken, unknown }: ProducerConfig,
  devices: RegistryReader,
  { registry, logger, onRefused, waiting }: AccessContext,
): Pick<AppOptions, 'tokenCheck' | 'access'> {
  const failedTokens = new FailedTokens({ registry, logger })
  const onWaiting = (id: string): void => {
    waiting.note(id)
  }
  const access = new Access({
    tokensForAllVehicles: token === undefined ? [platformToken] : [token, platformToken],
    isTokenRequired: token !== undefined,
    ...{ unknown, failedTokens, onRefused, onWaiting },
    failureDelay: new FailureDelay(),
    registry: () => devices.registry,
  })
  return { tokenCheck: new TokenCheck({ token, failedTokens }), access }
}

const retryPauses = { firstMs: 200, maxMs: 3_000 }

function listenForReadings(
  { http, acceptedHosts, proxySecret, maxConnectionsPerClient }: ProducerConfig,
  appOptions: AppOptions,
  registry: Registry,
): Promise<RunningServer> {
  const { logger } = appOptions
  const limits = ['unsent-bytes', 'connections-per-client'] as const
  const onReached = limitReport(registry, limits, logger)
  const timeoutProblem = requestTimeoutAt
  const onRefusedHeader = reportRefusedHeaders(registry, logger)
  const plain = plainEvents(appOptions)
  return listen(producerApp(appOptions), http, {
    ...(proxySecret !== undefined && { behindIngress: { secret: proxySecret, onRefusedHeader } }),
    hosts: acceptedHosts,
    limits: {
      onReached,
      ...(maxConnectionsPerClient !== undefined && { maxConnectionsPerClient }),
    },
    timeoutProblem,
    plain,
  })
}

/** A body that takes longer is dropped when its memory is needed for other requests. */
const slowBodyMs = 2_000

const poolOptions = {
  applicationName: 'av-telemetry receipts',
  maxConnections: 4,
  queryTimeoutMs: 5_000,
}

/**
 * A producer stays ready when Kafka becomes unreachable: it still serves the last count, and
 * answers POST with its own 503.
 */
function readinessOf({ watch, devices, stop, isListening }: ReadinessSources): Readiness {
  if (watch.view === undefined)
    return { ready: false, reason: watch.accessFault ?? 'Kafka has not been reached yet' }
  if (devices.registry === undefined)
    return { ready: false, reason: 'the devices have not been read yet' }
  if (!isListening) return { ready: false, reason: 'it does not listen for readings yet' }
  return stop.aborted ? { ready: false, reason: 'stopping' } : { ready: true }
}

type ReadinessSources = {
  /** Whether clients can connect. */
  readonly isListening: boolean
  readonly watch: TopicWatch
  readonly devices: RegistryReader
  readonly stop: AbortSignal
}
