import type { Readiness } from '../adapters/http/ops-app.ts'
import { listenForOps } from '../adapters/http/ops-app.ts'
import { ChangeListener } from '../adapters/postgres/driver/change-listener.ts'
import { createPool } from '../adapters/postgres/driver/connection.ts'
import {
  pipelineChannel,
  PostgresPipelineStore,
} from '../adapters/postgres/pipelines/pipeline-store.ts'
import {
  PostgresSettingStore,
  settingChannel,
} from '../adapters/postgres/settings/setting-store.ts'
import type { Running } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import { createRegistry } from '../runtime/metrics.ts'
import { Resources } from '../runtime/resources.ts'
import { AccountMetrics } from '../stream/account-metrics.ts'
import { createStreamPool } from '../stream/stream.ts'
import { StreamMetrics } from '../stream/stream-metrics.ts'
import type { WorkerConfig } from './config.ts'
import { DeclarationFolder } from './declarations/read-folder.ts'
import { AccountKeeper } from './pipelines/account-keeper.ts'
import { PipelineSupervisor } from './pipelines/supervisor.ts'

const clientId = 'av-telemetry-worker'

/** Starts a worker. It runs the declared pipelines until it is disposed. */
export async function startWorker(
  config: WorkerConfig,
  logger: Logger,
  stop: AbortSignal,
): Promise<Running> {
  const { kafka, postgres, folder, checkIntervalSeconds } = config
  await using resources = new Resources()
  const registry = createRegistry('worker')
  const metrics = new StreamMetrics(registry)
  const shared = { kafka, postgres, clientId, metrics, logger, stop }
  const streamPool = resources.adopt(createStreamPool(shared), (pool) => pool.end())
  const pool = resources.adopt(createPool(postgres, { ...poolOptions, logger }), (own) => own.end())
  const supervisor = resources.use(
    new PipelineSupervisor({
      folder: folder === undefined ? undefined : new DeclarationFolder(folder),
      store: new PostgresPipelineStore(pool),
      settings: new PostgresSettingStore(pool),
      context: { ...shared, pool: streamPool },
      minInsyncReplicas: config.minInsyncReplicas,
      logger,
    }),
  )
  resources.use(
    new ChangeListener({
      ...{ postgres, logger },
      applicationName: 'av-telemetry worker listener',
      channels: [pipelineChannel, settingChannel],
      onChange: () => {
        supervisor.wakeUp()
      },
    }),
  )
  const readiness = (): Readiness => readinessOf(supervisor)
  resources.use(await listenForOps({ registry, readiness }, config.operations))
  resources.use(
    new AccountKeeper({
      ...{ pool, checkIntervalSeconds, logger },
      running: () => supervisor.running,
      metrics: new AccountMetrics(registry),
    }),
  )
  return resources.move()
}

const poolOptions = { applicationName: 'av-telemetry worker', maxConnections: 3 }

/** A pipeline that waits, e.g. for its topic, does not make the worker unready. */
function readinessOf({ isReady }: PipelineSupervisor): Readiness {
  if (isReady) return { ready: true }
  return { ready: false, reason: 'the pipelines have not been read yet' }
}
