import { fileURLToPath } from 'node:url'
import type { Registry } from 'prom-client'
import type { Readiness } from '../adapters/http/ops-app.ts'
import { listenForOps } from '../adapters/http/ops-app.ts'
import { openBucket } from '../adapters/objects/bucket-settings.ts'
import { createKafka } from '../adapters/kafka/client.ts'
import { ChangeListener } from '../adapters/postgres/driver/change-listener.ts'
import type { Pool } from '../adapters/postgres/driver/connection.ts'
import { createPool } from '../adapters/postgres/driver/connection.ts'
import { PostgresDecisionStore } from '../adapters/postgres/pipelines/decision-store.ts'
import {
  pipelineChannel,
  PostgresPipelineStore,
} from '../adapters/postgres/pipelines/pipeline-store.ts'
import {
  PostgresSettingStore,
  settingChannel,
} from '../adapters/postgres/settings/setting-store.ts'
import { taskChannels } from '../ledger/tasks/channels.ts'
import type { Running } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import { createRegistry } from '../runtime/metrics.ts'
import { Resources } from '../runtime/resources.ts'
import { AccountMetrics } from '../stream/account-metrics.ts'
import { createStreamPool } from '../stream/stream.ts'
import { StreamMetrics } from '../stream/stream-metrics.ts'
import type { WorkerConfig } from './config.ts'
import { BucketDeclarationLoop } from './declarations/bucket-declaration-loop.ts'
import { DeclarationFolder } from './declarations/read-folder.ts'
import { Files } from './files/files.ts'
import { AccountKeeper } from './pipelines/account-keeper.ts'
import { DecisionMetric } from './pipelines/decision-metric.ts'
import type { PipelineSource } from './pipelines/supervisor.ts'
import { PipelineSupervisor } from './pipelines/supervisor.ts'
import { TaskWorker } from './tasks/task-worker.ts'

const clientId = 'av-telemetry-worker'

type WorkerOptions = {
  /** Milliseconds between two readings of folder and tables. A notification of the database is faster. */
  readonly intervalMs?: number
  /** By default the folder of the configuration. */
  readonly source?: PipelineSource
  /** Whether the pipelines of the platform run, too; by default they do, beside those of a folder. */
  readonly withShipped?: boolean
  /** Whether tasks of handlers that it does not have are left to other workers; by default they fail. */
  readonly leavesOtherHandlers?: boolean
  /** How long late rows wait before their windows are computed again; by default the allowed lateness. */
  readonly lateRowsWaitMs?: number
}

type WorkerStart = (config: WorkerConfig, logger: Logger, stop: AbortSignal) => Promise<Running>

/** A function that starts a worker. The worker runs the declared pipelines until it is disposed. */
export function createWorkerStart(options: WorkerOptions = {}): WorkerStart {
  return async (config, logger, stop) => {
    const { kafka, postgres, checkIntervalSeconds } = config
    await using resources = new Resources()
    const registry = createRegistry('worker')
    const metrics = new StreamMetrics(registry)
    const shared = { kafka, postgres, clientId, metrics, logger, stop }
    const streamPool = resources.adopt(createStreamPool(shared), (pool) => pool.end())
    const created = createPool(postgres, { ...poolOptionsOf(config), logger })
    const pool = resources.adopt(created, (own) => own.end())
    const tasks = resources.use(
      await startTasks(config, { pool, registry, logger, resources, ...options }),
    )
    const supervisor = resources.use(
      new PipelineSupervisor({
        ...{ tasks, hasFiles: config.bucket !== undefined },
        allowsShell: config.handlers.allowsShell,
        source: options.source ?? folderOf(config),
        shipped: options.withShipped === false ? undefined : shippedPipelines(),
        intervalMs: options.intervalMs ?? defaultIntervalMs,
        store: new PostgresPipelineStore(pool),
        settings: new PostgresSettingStore(pool),
        context: { ...shared, pool: streamPool },
        decisionMetric: new DecisionMetric(registry),
        decisions: new PostgresDecisionStore(pool),
        topics: {
          minInsyncReplicas: config.minInsyncReplicas,
          flushEachBatch: config.flushEachBatch,
        },
        logger,
      }),
    )
    resources.use(listenForChanges(config, logger, { supervisor, tasks }))
    const readiness = (): Readiness => readinessOf(supervisor)
    resources.use(await listenForOps({ registry, readiness }, config.operations))
    resources.use(
      new AccountKeeper({
        ...{ pool, checkIntervalSeconds, logger },
        running: () => supervisor.running,
        metrics: new AccountMetrics(registry),
      }),
    )
    // Closed first. The tasks end while the pipelines stop, because the grace of the role is for both.
    resources.adopt(tasks, (own) => {
      own[Symbol.asyncDispose]().catch(() => undefined)
      return Promise.resolve()
    })
    return resources.move()
  }
}

type Base = Pick<WorkerOptions, 'lateRowsWaitMs' | 'leavesOtherHandlers' | 'source'> & {
  readonly pool: Pool
  readonly registry: Registry
  readonly logger: Logger
  readonly resources: Resources
}

function startTasks(config: WorkerConfig, base: Base): Promise<TaskWorker> {
  const { pool, registry, logger, resources, lateRowsWaitMs, leavesOtherHandlers = false } = base
  const { handlers, folder, kafka, minInsyncReplicas, postgres, reader, name } = config
  const leasePool = createPool(postgres, { ...leasePoolOptions, logger })
  resources.adopt(leasePool, (own) => own.end())
  const settlementPool = createPool(postgres, { ...settlementPoolOptions, logger })
  resources.adopt(settlementPool, (own) => own.end())
  const stepPool = createPool(postgres, { ...stepPoolOptions, logger })
  resources.adopt(stepPool, (own) => own.end())
  return TaskWorker.start({
    ...{ stepPool, lateRowsWaitMs, leavesOtherHandlers, files: startFiles(config, base) },
    bucket: config.bucket && openBucket(config.bucket),
    clickHouse: config.clickHouse,
    readings: { table: postgres.table, tripRules: config.tripRules },
    ...{
      name,
      handlers,
      folder,
      reader,
      minInsyncReplicas,
      pool,
      leasePool,
      settlementPool,
      registry,
      logger,
    },
    shippedHandlers: fileURLToPath(new URL('./shipped/handlers', import.meta.url)),
    kafka: createKafka(kafka, clientId, logger),
  })
}

/** Undefined if no files are loaded. */
function startFiles(
  { bucket, ingress, tikaUrl, kafka, postgres, handlers }: WorkerConfig,
  { registry, logger, resources, source }: Base,
): Files | undefined {
  if (bucket === undefined || ingress === undefined) return undefined
  const keeperPool = createPool(postgres, { ...keeperPoolOptions, logger })
  resources.adopt(keeperPool, (own) => own.end())
  const loadPool = createPool(postgres, { ...loadPoolOptions, logger })
  resources.adopt(loadPool, (own) => own.end())
  // Workers that read no declarations leave those of the bucket to the others.
  if (source?.kind !== 'stored') {
    const { allowsShell } = handlers
    const pipelines = new PostgresPipelineStore(keeperPool)
    const declarer = { pool: keeperPool, store: openBucket(bucket), pipelines, allowsShell, logger }
    resources.use(new BucketDeclarationLoop(declarer))
  }
  const address = { ...ingress, topic: kafka.topic }
  const files = { bucket, tikaUrl, ingress: address, keeperPool, loadPool, registry, logger }
  return resources.use(new Files(files))
}

type Informed = { readonly supervisor: PipelineSupervisor; readonly tasks: TaskWorker }

const pipelineChannels: readonly string[] = [pipelineChannel, settingChannel]

function listenForChanges(
  { postgres }: WorkerConfig,
  logger: Logger,
  { supervisor, tasks }: Informed,
): ChangeListener {
  return new ChangeListener({
    ...{ postgres, logger },
    applicationName: 'av-telemetry worker listener',
    channels: [...pipelineChannels, ...Object.values(taskChannels)],
    onChange: (channel) => {
      if (channel === undefined || pipelineChannels.includes(channel)) supervisor.wakeUp()
      if (channel === undefined || !pipelineChannels.includes(channel)) tasks.wakeUp(channel)
    },
  })
}

function folderOf({ folder }: WorkerConfig): PipelineSource {
  return {
    kind: 'folder',
    folder: folder === undefined ? undefined : new DeclarationFolder(folder),
  }
}

const shippedPipelines = (): DeclarationFolder =>
  new DeclarationFolder(fileURLToPath(new URL('./shipped', import.meta.url)))

const defaultIntervalMs = 2_000
/** A server that has vanished does not respond. The lease is renewed on another connection then. */
const leasePoolOptions = {
  applicationName: 'av-telemetry worker leases',
  maxConnections: 2,
  queryTimeoutMs: 5_000,
}
const settlementPoolOptions = {
  applicationName: 'av-telemetry worker tasks',
  maxConnections: 4,
  isPipelined: true,
}
/** `maxUses` is 1 because the SQL of a step may leave settings, locks or prepared statements in its session. */
const stepPoolOptions = {
  applicationName: 'av-telemetry worker steps',
  maxConnections: 5,
  maxUses: 1,
}
/** For declarations, and for finding and moving files. Three connections hold locks meanwhile. */
const keeperPoolOptions = {
  applicationName: 'av-telemetry worker files',
  maxConnections: 6,
}
const loadPoolOptions = { applicationName: 'av-telemetry worker loads', maxConnections: 4 }
/** While ClickHouse does not answer, the copy of the status of files has a connection for up to 20 seconds. */
const poolOptionsOf = ({ clickHouse }: WorkerConfig) => ({
  applicationName: 'av-telemetry worker',
  maxConnections: clickHouse === undefined ? 4 : 5,
})

/** A pipeline that waits, e.g. for its topic, does not make the worker unready. */
function readinessOf({ whyNotReady: reason }: PipelineSupervisor): Readiness {
  return reason === undefined ? { ready: true } : { ready: false, reason }
}
