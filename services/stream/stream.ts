import type { FeedOptions } from '../adapters/kafka/feed-client.ts'
import { partitionsConsumedConcurrently, sessionTimeoutMs } from '../adapters/kafka/feed-client.ts'
import type { KafkaSettings } from '../adapters/kafka/client.ts'
import { accessFaultOf } from '../adapters/kafka/connection/access-fault.ts'
import { consumerGroupOf, createKafka } from '../adapters/kafka/client.ts'
import { RecordConsumer } from '../adapters/kafka/record-consumer.ts'
import { taggedLogIdentity, TopicAdmin } from '../adapters/kafka/topic-admin.ts'
import type { Pool } from '../adapters/postgres/driver/connection.ts'
import { createPool } from '../adapters/postgres/driver/connection.ts'
import { LedgerLock } from '../adapters/postgres/ledger/ledger-lock.ts'
import { PostgresLedgerStore } from '../adapters/postgres/ledger/ledger-store.ts'
import { UnreadableStore } from '../adapters/postgres/ledger/unreadable-store.ts'
import { recordExpired } from '../adapters/postgres/ledger/record-expired.ts'
import { BrokenTriggerError } from '../adapters/postgres/ledger/trigger-guard.ts'
import type { PostgresSettings } from '../adapters/postgres/driver/settings.ts'
import type { DecodedEntry, MultiPartitionStore } from '../ledger/batch.ts'
import type { LogIdentity } from '../ledger/log-identity.ts'
import { untaggedLogIdentity } from '../ledger/log-identity.ts'
import type { StartPosition } from '../ledger/start-offset.ts'
import type { Logger } from '../runtime/logger.ts'
import { Resources } from '../runtime/resources.ts'
import type { BeforeWrite } from './storing/before-write.ts'
import { withBeforeWrite } from './storing/before-write.ts'
import { LedgerBeginner } from './position/begin-ledgers.ts'
import type { AnotherLog } from './position/find-log.ts'
import { AnotherLogError, LogFinder } from './position/find-log.ts'
import { StreamConsumer } from './stream-consumer.ts'
import type { Decode } from './decode-batch.ts'
import { PartitionLocator } from './position/locate-partition.ts'
import { LedgerRewinder } from './position/rewind-to-ledger.ts'
import type { StreamMetrics } from './stream-metrics.ts'
import type { BatchLimits } from './storing/collect-batches.ts'
import { createIntake } from './storing/create-intake.ts'
import type { StreamTarget } from './storing/create-store.ts'
import { createStore } from './storing/create-store.ts'
import { Outages } from './storing/outages.ts'
import { UnreadablePartitions } from './unreadable-partitions.ts'

/** A pipeline that stores each record of a topic as a row of a table, or writes it to another topic. */
export type StreamPipeline<Row> = StreamTarget<Row> & {
  readonly name: string
  readonly decode: Decode<Row>
  /** Transforms a batch before each attempt to store it, e.g. refuses rows that have become too old. */
  readonly beforeWrite?: BeforeWrite<Row>
  /** How the log of the topic is identified; by default by the tag of a topic of the platform. */
  readonly identity?: (admin: TopicAdmin) => LogIdentity
  /** The consumer group; by default the one that the name of the pipeline gives. */
  readonly groupId?: string
  /**
   * Where the first ledgers begin. They begin before the stream joins its group, and the stream waits
   * for the topic. By default each ledger begins with the first batch, at the partition's first record.
   */
  readonly start?: StartPosition
  /**
   * Called when the topic is another log than the one of the ledgers; its records are not read then. By
   * default a new log is read from its first record.
   */
  readonly onAnotherLog?: (log: AnotherLog) => Promise<void>
  /** When records are stored together; by default each batch is stored when it is read. */
  readonly batch?: BatchLimits
  /** Offsets are committed to Kafka after so many records; by default once a second. */
  readonly commitEvery?: number
  /** When a fetch returns; by default as in `FeedOptions`. */
  readonly fetch?: FeedOptions['fetch']
  /** Called with the entries of each committed transaction. */
  readonly onStored?: (entries: readonly DecodedEntry<Row>[]) => void
}

/** What a process provides to its streams. */
export type StreamContext = {
  readonly kafka: KafkaSettings
  readonly postgres: PostgresSettings
  /** Connections that several streams share. If omitted, the stream opens a pool. */
  readonly pool?: Pool
  readonly clientId: string
  readonly metrics: StreamMetrics
  readonly logger: Logger
  /** Aborts when the process is to stop. */
  readonly stop: AbortSignal
}

type StartOptions = {
  /** Whether the topic was created for this start: then `latest` skips nothing. By default false. */
  readonly isTopicNew?: boolean
  /** Called when the ledgers have begun, before the stream joins its group. */
  readonly onBegun?: () => void
}

/** A stream. It reads from `start()` until it is disposed. */
export type Stream = AsyncDisposable & {
  /**
   * Checks the primary key of the table, then reads. Waits for Postgres without a limit. A stream with
   * a declared start waits for its topic and begins its ledgers after this call.
   *
   * @throws PrimaryKeyError; the last error when the process is to stop
   */
  readonly start: (options?: StartOptions) => Promise<void>
  /** Returns why the stream does not store records now, or undefined if it does. */
  readonly whyNotReady: () => string | undefined
}

/** After this time the group has assigned the partition to another consumer. */
const staleAfterSeconds = sessionTimeoutMs / 1000

/** Creates the parts of a pipeline: Kafka clients, Postgres connections, ledgers and consumer. */
export function createStream<Row>(pipeline: StreamPipeline<Row>, context: StreamContext): Stream {
  const { kafka, clientId, logger } = context
  const { topic } = kafka
  const { start, commitEvery, fetch } = pipeline
  const groupId = pipeline.groupId ?? consumerGroupOf({ pipeline: pipeline.name, topic })
  const resources = new Resources()
  const admin = resources.use(new TopicAdmin(createKafka(kafka, clientId, logger), topic))
  const pool = context.pool ?? resources.adopt(createStreamPool(context), (own) => own.end())
  const ledgers = new PostgresLedgerStore(pool, pipeline.name)
  const lock = new LedgerLock(pool, { pipeline: pipeline.name, logger, staleAfterSeconds })
  const { store, check } = createStore(pipeline, { name: pipeline.name, pool, lock })
  const identity = (pipeline.identity ?? defaultIdentityAt(kafka))(admin)
  const { onAnotherLog } = pipeline
  const found = { topic, admin, identity, ledgers, logger, signal: context.stop, onAnotherLog }
  const logs = new LogFinder(found)
  const { mayHaveGaps } = identity
  const parts = { pool, lock, store, ledgers, logs, mayHaveGaps }
  const consumer = resources.use(createConsumer(pipeline, context, parts))
  const options = { topic, groupId, admin, ledgers, logs, logger, needsLedger: start !== undefined }
  const rewinder = resources.use(new LedgerRewinder(options))
  const onJoin: FeedOptions['onJoin'] = (partitions, seek) => {
    consumer.onRejoin()
    rewinder.start(partitions, seek)
  }
  const onConnection = (): void => {
    consumer.invalidatePositions()
  }
  const feedKafka = createKafka({ ...kafka, onConnection }, clientId, logger)
  const feedOptions = { topic, groupId, logger, onJoin, commitEvery, fetch, ...readingOf(identity) }
  const feed = resources.use(new RecordConsumer(feedKafka, feedOptions))
  const beginner =
    start && resources.use(new LedgerBeginner({ ...options, start, stop: context.stop }))
  return {
    start: async ({ isTopicNew, onBegun } = {}) => {
      await consumer.beforeStart(check)
      const join = (): void => {
        onBegun?.()
        feed.start(consumer.handleBatch)
      }
      if (beginner) beginner.start(join, isTopicNew)
      else join()
    },
    whyNotReady: () => {
      const reason = outageReason(consumer.outageErrors) ?? beginner?.whyWaiting
      return reason ?? whyNotJoined(feed)
    },
    [Symbol.asyncDispose]: () => resources[Symbol.asyncDispose](),
  }
}

/** For topics that the platform has created. An existing Kafka keeps the settings of topics, so they have no tag. */
const defaultIdentityAt = ({ isExternal }: KafkaSettings) =>
  isExternal ? () => untaggedLogIdentity : taggedLogIdentity

/** How the client reads a topic with this identity. */
const readingOf = ({ mayHaveGaps, usesTopicId }: LogIdentity) => {
  return { allowGaps: mayHaveGaps, readsTopicId: usesTopicId }
}

function whyNotJoined(feed: RecordConsumer): string | undefined {
  if (feed.accessFault !== undefined) return feed.accessFault
  return feed.joined ? undefined : 'the consumer group has not assigned partitions yet'
}

function outageReason(errors: readonly unknown[]): string | undefined {
  if (errors.length === 0) return undefined
  const known = errors.find(
    (error) => error instanceof BrokenTriggerError || error instanceof AnotherLogError,
  )
  if (known !== undefined) return known.message
  const fault = errors.map(accessFaultOf).find((found) => found !== undefined)
  return fault ?? 'the database or Kafka cannot be reached'
}

/** Creates the connections for one stream, or for several that share them. */
export function createStreamPool({
  postgres,
  logger,
  clientId,
}: Pick<StreamContext, 'postgres' | 'logger' | 'clientId'>): Pool {
  return createPool(postgres, { ...poolOptions, applicationName: clientId, logger })
}

const poolOptions = {
  maxConnections: partitionsConsumedConcurrently + 1,
  // A server that has vanished does not respond. TCP alone would detect that only after 15 minutes.
  queryTimeoutMs: 60_000,
}

type Parts<Row> = {
  readonly pool: Pool
  readonly lock: LedgerLock
  readonly store: MultiPartitionStore<Row>
  readonly ledgers: PostgresLedgerStore
  readonly logs: LogFinder
  readonly mayHaveGaps: boolean
}

function createConsumer<Row>(
  pipeline: StreamPipeline<Row>,
  { metrics: streamMetrics, logger, stop }: StreamContext,
  { pool, lock, store, ledgers, logs, mayHaveGaps }: Parts<Row>,
): StreamConsumer<Row> {
  const { name, decode, onStored } = pipeline
  const metrics = streamMetrics.of(name)
  const locator = new PartitionLocator({
    ...{ logs, mayHaveGaps, ledgers, logger },
    recordExpired: (gap) => recordExpired(lock, name, gap),
    onExpired: metrics.expired,
  })
  const outages = new Outages({ metrics, logger })
  return new StreamConsumer({
    ...{ decode, locator, metrics, outages },
    unreadable: new UnreadablePartitions({
      ...{ metrics, logger },
      store: new UnreadableStore(pool, name),
    }),
    intake: createIntake({
      store: withBeforeWrite(store, pipeline.beforeWrite),
      ...{ outages, limits: pipeline.batch, signal: stop },
      onWritten: (entry, path, entries) => {
        metrics.written(entry, path)
        onStored?.(entries)
      },
    }),
    signal: stop,
  })
}
