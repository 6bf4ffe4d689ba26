import type { Registry } from 'prom-client'
import type { Readiness } from '../adapters/http/operations.ts'
import { operationsApp } from '../adapters/http/operations.ts'
import { listen } from '../adapters/http/server.ts'
import { consumerGroupOf, createKafka } from '../adapters/kafka/client.ts'
import type { FeedOptions } from '../adapters/kafka/feed-client.ts'
import { partitionsConsumedConcurrently, sessionTimeoutMs } from '../adapters/kafka/feed-client.ts'
import { RecordFeed } from '../adapters/kafka/record-feed.ts'
import { TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { Pool } from '../adapters/postgres/connection.ts'
import { createPool } from '../adapters/postgres/connection.ts'
import { LedgerLock } from '../adapters/postgres/ledger-lock.ts'
import { PostgresLedgerStore } from '../adapters/postgres/ledger-store.ts'
import { PostgresReadingStore } from '../adapters/postgres/reading-store.ts'
import type { Running, ServiceMain } from '../runtime/lifecycle.ts'
import type { Log } from '../runtime/log.ts'
import { createRegistry } from '../runtime/metrics.ts'
import { Resources } from '../runtime/resources.ts'
import { AccountMetrics } from './account-metrics.ts'
import type { ConsumerConfig } from './config.ts'
import { ReadingConsumer } from './consume.ts'
import { createConsumerMetrics } from './consumer-metrics.ts'
import { refusingExpired } from './expire-readings.ts'
import { GatheredBatches } from './gather-batches.ts'
import { GoingBack } from './going-back.ts'
import type { HousekeepingOptions } from './housekeeping.ts'
import { Housekeeping } from './housekeeping.ts'
import { PartitionLocator } from './locate-partition.ts'

/** A clock that was set wrongly for less than this costs no stored day. */
const retireAfterMs = 30 * 60_000

/** Reads the topic and stores it, until disposed. */
export const startConsumer = consumerStart({ now: Date.now, retireAfterMs })

/** What a consumer makes of the time. */
type Times = Pick<HousekeepingOptions, 'now' | 'retireAfterMs'>

/** How a consumer starts whose idea of the time is this. */
export function consumerStart(times: Times): ServiceMain<ConsumerConfig>['start'] {
  return (config, log, stop) => start(config, { log, stop, ...times })
}

type Life = Times & { readonly log: Log; readonly stop: AbortSignal }

async function start(config: ConsumerConfig, life: Life): Promise<Running> {
  const { log, stop, now, retireAfterMs } = life
  const { topic } = config.kafka
  await using resources = new Resources()
  const registry = createRegistry('consumer')
  const kafka = createKafka(config.kafka, 'av-telemetry-consumer', log)
  const admin = resources.use(new TopicAdmin(kafka, topic))
  const pool = resources.adopt(createPool(config.postgres, { ...poolOptions, log }), (open) =>
    open.end(),
  )
  const ledgers = new PostgresLedgerStore(pool, config.postgres.table)
  const consumer = createConsumer({ config, log, stop, now, admin, pool, ledgers, registry })
  const goingBack = resources.use(new GoingBack({ topic, admin, ledgers, log }))
  const onJoin: FeedOptions['onJoin'] = (partitions, seek) => {
    consumer.forgetPositions()
    goingBack.begin(partitions, seek)
  }
  const onConnection = (): void => {
    consumer.doubtPositions()
  }
  const feeding = createKafka({ ...config.kafka, onConnection }, 'av-telemetry-consumer', log)
  const feed = resources.use(
    new RecordFeed(feeding, { topic, groupId: consumerGroupOf(topic), log, onJoin }),
  )
  const readiness = (): Readiness => readinessOf(consumer, feed)
  resources.use(await listen(operationsApp({ registry, readiness }), config.operations))
  const looking = resources.use(new TopicAdmin(kafka, topic))
  resources.use(startHousekeeping(config, { log, now, retireAfterMs, admin: looking, registry }))
  feed.follow(consumer.handleBatch)
  return resources.move()
}

const poolOptions = {
  applicationName: 'av-telemetry consumer',
  maxConnections: partitionsConsumedConcurrently + 1,
  // A server that is gone without a word answers no statement, and nobody else would say so for a quarter of an hour.
  queryTimeout: 60_000,
}

type Parts = Omit<Life, 'retireAfterMs'> & {
  readonly config: ConsumerConfig
  readonly admin: TopicAdmin
  readonly pool: Pool
  readonly ledgers: PostgresLedgerStore
  readonly registry: Registry
}

function createConsumer(parts: Parts): ReadingConsumer {
  const { config, log, stop, now, admin, pool, ledgers, registry } = parts
  const { retention, kafka, postgres } = config
  const metrics = createConsumerMetrics(registry, now)
  const onExpired = (offsets: number): void => {
    metrics.expired.inc(offsets)
  }
  const { table } = postgres
  // By then the group has given the partition to another.
  const staleAfterSeconds = sessionTimeoutMs / 1000
  const lock = new LedgerLock(pool, { table, log, staleAfterSeconds })
  const rows = new PostgresReadingStore(pool, { table, lock })
  const place = { topic: kafka.topic, admin, ledgers, rows }
  const locator = new PartitionLocator({ ...place, log, onExpired, signal: stop })
  const store = refusingExpired(new GatheredBatches(rows), now, retention)
  return new ReadingConsumer({ store, locator, retention, metrics, log, signal: stop })
}

function startHousekeeping(
  config: ConsumerConfig,
  parts: Pick<Parts, 'log' | 'now' | 'admin' | 'registry'> & Times,
): Housekeeping {
  const { retention, kafka, postgres, checkIntervalSeconds } = config
  const metrics = new AccountMetrics(parts.registry)
  const { topic } = kafka
  const settings = { postgres, topic, retention, checkIntervalSeconds, metrics }
  return new Housekeeping({ ...parts, ...settings })
}

function readinessOf(consumer: ReadingConsumer, feed: RecordFeed): Readiness {
  if (consumer.inOutage) return { ready: false, reason: 'the database or Kafka cannot be reached' }
  if (!feed.joined) return { ready: false, reason: 'the group has given no partitions yet' }
  return { ready: true }
}
