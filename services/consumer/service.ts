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
import { oldestKeptDay, refuseExpired } from '../telemetry/retention.ts'
import type { ConsumerConfig } from './config.ts'
import { DelayMetrics } from './delay-metrics.ts'
import type { Times } from './keep-days.ts'
import { startHousekeeping } from './keep-days.ts'

/** A clock that was set wrongly for less than this costs no stored day. */
const retireAfterMs = 30 * 60_000

const clientId = 'av-telemetry-consumer'

/** Reads the topic and stores it, until disposed. */
export const startConsumer = consumerStart({ clock: systemClock, retireAfterMs })

/** How a consumer starts whose idea of the time is this. */
export function consumerStart(times: Times): ServiceMain<ConsumerConfig>['start'] {
  return (config, logger, stop) => start(config, { logger, stop, ...times })
}

type Life = Times & { readonly logger: Logger; readonly stop: AbortSignal }

async function start(config: ConsumerConfig, life: Life): Promise<Running> {
  const { logger, stop } = life
  const { kafka, postgres } = config
  await using resources = new Resources()
  const registry = createRegistry('consumer')
  const metrics = new StreamMetrics(registry)
  const delays = new DelayMetrics(registry, life.clock)
  const readings = readingsOf(config, life, delays)
  const context = { kafka, postgres, clientId, metrics, logger, stop }
  const stream = resources.use(createStream(readings, context))
  const readiness = (): Readiness => readinessOf(stream)
  resources.use(await listen(operationsApp({ registry, readiness }), config.operations))
  const admin = resources.use(new TopicAdmin(createKafka(kafka, clientId, logger), kafka.topic))
  resources.use(startHousekeeping(config, { ...life, admin, registry }))
  stream.follow()
  return resources.move()
}

/** The pipeline of the readings: days that are no longer kept take no rows. */
function readingsOf(
  { retention, postgres }: ConsumerConfig,
  { clock }: Times,
  delays: DelayMetrics,
): StreamPipeline<ReceivedReading> {
  return {
    name: readingsPipeline,
    decode: (record) => decodeReading(record, retention),
    sink: (pool) => new ReadingSink(pool, postgres.table),
    // A batch that has waited out an outage of days is not what it was.
    beforeWrite: (batch) => refuseExpired(batch, oldestKeptDay(clock.now(), retention)),
    onStored: (entries) => delays.note(entries),
  }
}

function readinessOf(stream: Stream): Readiness {
  const reason = stream.whyNotReady()
  return reason === undefined ? { ready: true } : { ready: false, reason }
}
