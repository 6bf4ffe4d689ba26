import type { Readiness } from '../adapters/http/operations.ts'
import { operationsApp } from '../adapters/http/operations.ts'
import { listen } from '../adapters/http/server.ts'
import { createKafka } from '../adapters/kafka/client.ts'
import { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import { ReadingSink } from '../adapters/postgres/readings/reading-sink.ts'
import { systemClock } from '../runtime/clock.ts'
import type { Running, ServiceMain } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import { createRegistry } from '../runtime/metrics.ts'
import { Resources } from '../runtime/resources.ts'
import type { Stream, StreamPipeline } from '../stream/stream.ts'
import { createStream } from '../stream/stream.ts'
import { StreamMetrics } from '../stream/stream-metrics.ts'
import { decodeReading } from '../telemetry/reading/decode-reading.ts'
import { readingsPipeline } from '../telemetry/pipeline.ts'
import type { ReceivedReading } from '../telemetry/reading/reading.ts'
import { oldestKeptDay, refuseExpiredReadings } from '../telemetry/retention.ts'
import type { ConsumerConfig } from './config.ts'
import { DelayMetrics } from './delay-metrics.ts'
import type { TimeOptions } from './housekeeping.ts'
import { startHousekeeping } from './housekeeping.ts'

/** A clock that was set wrongly for less than this costs no stored day. */
const retireAfterMs = 30 * 60_000

const clientId = 'av-telemetry-consumer'

/** Reads the topic and stores it, until disposed. */
export const startConsumer = createConsumerStart({ clock: systemClock, retireAfterMs })

/** How a consumer starts whose idea of the time is this. */
export function createConsumerStart(times: TimeOptions): ServiceMain<ConsumerConfig>['start'] {
  return (config, logger, stop) => start(config, { logger, stop, ...times })
}

type StartContext = TimeOptions & { readonly logger: Logger; readonly stop: AbortSignal }

async function start(config: ConsumerConfig, startContext: StartContext): Promise<Running> {
  const { logger, stop } = startContext
  const { kafka, postgres } = config
  await using resources = new Resources()
  const registry = createRegistry('consumer')
  const metrics = new StreamMetrics(registry)
  const delays = new DelayMetrics(registry, startContext.clock)
  const readings = createReadingsPipeline(config, startContext, delays)
  const context = { kafka, postgres, clientId, metrics, logger, stop }
  const stream = resources.use(createStream(readings, context))
  const readiness = (): Readiness => readinessOf(stream)
  resources.use(await listen(operationsApp({ registry, readiness }), config.operations))
  const admin = resources.use(new TopicAdmin(createKafka(kafka, clientId, logger), kafka.topic))
  resources.use(startHousekeeping(config, { ...startContext, admin, registry }))
  stream.start()
  return resources.move()
}

/** The pipeline of the readings: days that are no longer kept take no rows. */
function createReadingsPipeline(
  { retentionMicros, postgres }: ConsumerConfig,
  { clock }: TimeOptions,
  delays: DelayMetrics,
): StreamPipeline<ReceivedReading> {
  return {
    name: readingsPipeline,
    decode: (record) => decodeReading(record, retentionMicros),
    sink: (pool) => new ReadingSink(pool, postgres.table),
    // A batch that has waited out an outage of days is not what it was.
    beforeWrite: (batch) =>
      refuseExpiredReadings(batch, oldestKeptDay(clock.now(), retentionMicros)),
    onStored: (entries) => delays.observe(entries),
  }
}

function readinessOf(stream: Stream): Readiness {
  const reason = stream.whyNotReady()
  return reason === undefined ? { ready: true } : { ready: false, reason }
}
