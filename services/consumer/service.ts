import type { Readiness } from '../adapters/http/ops-app.ts'
import { listenForOps } from '../adapters/http/ops-app.ts'
import { createKafka } from '../adapters/kafka/client.ts'
import type { ClosableKafka } from '../adapters/kafka/closable-kafka.ts'
import { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import { createPool } from '../adapters/postgres/driver/connection.ts'
import { PostgresDeviceStore } from '../adapters/postgres/devices/device-store.ts'
import { ReadingSink } from '../adapters/postgres/readings/reading-sink.ts'
import { CopyRowEncoder } from '../adapters/postgres/tables/copy-row-encoder.ts'
import { devicesTopicOf } from '../devices/devices-topic.ts'
import { startDeviceCopy } from '../devices/start-copy.ts'
import { systemClock } from '../runtime/clock.ts'
import type { Running, ServiceMain } from '../runtime/lifecycle.ts'
import type { Logger } from '../runtime/logger.ts'
import { createRegistry } from '../runtime/metrics.ts'
import { Resources } from '../runtime/resources.ts'
import type { Stream, StreamPipeline } from '../stream/stream.ts'
import { createStream } from '../stream/stream.ts'
import { StreamMetrics } from '../stream/stream-metrics.ts'
import { createEncodingDecoder } from '../telemetry/reading/encoding/reading-decoder.ts'
import { readingsPipeline } from '../telemetry/pipeline.ts'
import type { ReceivedReading } from '../telemetry/reading/reading.ts'
import { readingTable } from '../telemetry/reading/reading-table.ts'
import { oldestKeptDay, refuseExpiredReadings } from '../telemetry/retention.ts'
import type { ConsumerConfig } from './config.ts'
import { DelayMetrics } from './delay-metrics.ts'
import type { TimeOptions } from './readings-housekeeping.ts'
import { startHousekeeping } from './readings-housekeeping.ts'

/** A system clock that is wrong for a shorter time does not cause the loss of a stored day. */
const retireAfterMs = 30 * 60_000

const clientId = 'av-telemetry-consumer'

/**
 * Records are stored at once, but while a transaction is in progress the next ones are collected, up to
 * this number. Fewer, larger transactions cost Postgres less for each row. A transaction must end within
 * 60 s, also if a trigger of the user takes some milliseconds for each row.
 */
const batch = { records: 8_000, withinMs: 0, inParallel: true }

/** Starts a consumer. It stores the records of the topic until it is disposed. */
export const startConsumer = createConsumerStart({ clock: systemClock, retireAfterMs })

/** Returns the start function of a consumer with these time settings. */
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
  resources.use(await listenForOps({ registry, readiness }, config.operations))
  const client = createKafka(kafka, clientId, logger)
  const admin = resources.use(new TopicAdmin(client, kafka.topic))
  resources.use(startHousekeeping(config, { ...startContext, admin, registry }))
  resources.use(copyDevices(config, client, logger))
  await stream.start()
  return resources.move()
}

/** Copies the devices to the database. */
function copyDevices(
  { kafka, postgres }: ConsumerConfig,
  client: ClosableKafka,
  logger: Logger,
): AsyncDisposable {
  const resources = new Resources()
  const options = { applicationName: 'av-telemetry devices', maxConnections: 1, logger }
  const pool = resources.adopt(createPool(postgres, options), (open) => open.end())
  const store = new PostgresDeviceStore(pool)
  resources.use(startDeviceCopy(client, { topic: devicesTopicOf(kafka.topic), store, logger }))
  return resources
}

/** Creates the pipeline of the readings. It refuses readings of days that are no longer kept. */
function createReadingsPipeline(
  { retentionMicros, postgres }: ConsumerConfig,
  { clock }: TimeOptions,
  delays: DelayMetrics,
): StreamPipeline<ReceivedReading> {
  const { columns } = readingTable(postgres.table)
  const rows = { encoder: new CopyRowEncoder(columns.length), columns }
  return {
    name: readingsPipeline,
    decode: createEncodingDecoder(rows, retentionMicros),
    batch,
    fetch: { pauses: true },
    sink: (pool) => new ReadingSink(pool, postgres.table),
    // After an outage of some days, readings of a batch may have expired since it was read.
    beforeWrite: (batch) =>
      refuseExpiredReadings(batch, oldestKeptDay(clock.now(), retentionMicros)),
    onStored: (entries) => delays.observe(entries),
  }
}

function readinessOf(stream: Stream): Readiness {
  const reason = stream.whyNotReady()
  return reason === undefined ? { ready: true } : { ready: false, reason }
}
