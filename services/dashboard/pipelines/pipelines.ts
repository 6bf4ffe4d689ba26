import { createKafka } from '../../adapters/kafka/client.ts'
import { TopicRanges } from '../../adapters/kafka/topic-ranges.ts'
import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import { PostgresPipelineStore } from '../../adapters/postgres/pipelines/pipeline-store.ts'
import type { Logger } from '../../runtime/logger.ts'
import type { Resources } from '../../runtime/resources.ts'
import type { ServiceState } from '../api/health.ts'
import type { DashboardConfig } from '../config.ts'
import { mayChange } from '../http/access.ts'
import { PipelineMonitor } from './pipeline-monitor.ts'
import type { PipelineRoutesOptions } from './pipeline-routes.ts'

/** Without an answer of Kafka within this time the pipelines are shown without their lag. */
const rangesTimeoutMs = 4_000
type Context = {
  readonly config: DashboardConfig
  readonly logger: Logger
  readonly resources: Resources
  /** Of the role that reads. */
  readonly pool: Pool
  /** Of the role that changes pipelines. */
  readonly operatorPool: Pool
  /** The services that were checked last; undefined before the first check. */
  readonly services: () => readonly ServiceState[] | undefined
}

/** Creates what the routes of the pipelines need. The resources own it. */
export function createPipelines(context: Context): PipelineRoutesOptions {
  const { config, logger, resources, pool, operatorPool, services } = context
  const kafka = createKafka(config.kafka, 'av-telemetry-dashboard-pipelines', logger)
  const ranges = resources.use(new TopicRanges(kafka, rangesTimeoutMs))
  return {
    monitor: new PipelineMonitor({
      pool,
      readRanges: (topics) => ranges.read(topics),
      logger,
    }),
    reader: new PostgresPipelineStore(pool),
    operator: new PostgresPipelineStore(operatorPool),
    workers: () => ({
      configured: config.watched.filter(isWorker).length,
      up: services()?.filter((service) => isWorker(service) && service.up).length ?? null,
    }),
    mayChange: mayChange(config),
    logger,
  }
}

const isWorker = ({ name }: { readonly name: string }): boolean => name.startsWith('worker-')
