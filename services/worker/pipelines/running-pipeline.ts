import { createKafka } from '../../adapters/kafka/client.ts'
import { TopicAdmin } from '../../adapters/kafka/topic-admin.ts'
import type { AccountedPipeline } from '../../adapters/postgres/ledger/account-store.ts'
import type { PostgresDecisionStore } from '../../adapters/postgres/pipelines/decision-store.ts'
import { sinkOfTable } from '../../adapters/postgres/tables/sink-of-table.ts'
import type { LogRange } from '../../ledger/ledger.ts'
import { foreignLogIdentity } from '../../ledger/log-identity.ts'
import type { Declaration } from '../../pipelines/declaration/declaration.ts'
import { toTableSchema } from '../../pipelines/declared-table.ts'
import type { DeclaredRow } from '../../pipelines/decode/decode-record.ts'
import { decodeRecord } from '../../pipelines/decode/decode-record.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { retryForever } from '../../runtime/retry.ts'
import { Resources } from '../../runtime/resources.ts'
import type { Stream, StreamContext, StreamPipeline } from '../../stream/stream.ts'
import { createStream } from '../../stream/stream.ts'
import { accountedPipeline } from './accounted-pipeline.ts'

/**
 * A topic without traffic is fetched and a heartbeat sent once in this time: a worker may have many of
 * them. Records are returned at once. It is the interval of the heartbeats.
 */
const fetch = { minBytes: 1, maxWaitMs: 3_000 }

/** What all pipelines of a worker share. */
export type PipelineContext = {
  readonly context: StreamContext
  /** For topics that do not exist yet. */
  readonly minInsyncReplicas: number
  readonly decisions: Pick<PostgresDecisionStore, 'request'>
}

/** For fetched records of all pipelines that are behind. Decoded, they take about ten times as much. */
const maxFetchedBytes = 8 * 1_048_576
const leastFetchBytes = 65_536

/** @param feeds how many fetches run at the same time */
export function fetchShareOf(feeds: number): number {
  return Math.max(leastFetchBytes, Math.floor(maxFetchedBytes / feeds))
}

/** A declared pipeline that reads its topic until it is disposed. */
export class RunningPipeline implements AsyncDisposable {
  readonly declaration: Declaration
  readonly accounted: AccountedPipeline
  readonly #logger: Logger
  readonly #resources = new Resources()
  readonly #admin: TopicAdmin
  readonly #stream: Stream
  readonly #stop = new AbortController()
  readonly #minInsyncReplicas: number
  readonly #removeMetrics: () => Promise<void>

  /**
   * The topic and the stop signal of the context are replaced.
   *
   * @param pipelines how many pipelines share the memory for fetched records
   */
  constructor(
    declaration: Declaration,
    { context, minInsyncReplicas, decisions }: PipelineContext,
    pipelines: number,
  ) {
    this.#minInsyncReplicas = minInsyncReplicas
    this.declaration = declaration
    const { name } = declaration
    this.accounted = accountedPipeline(declaration)
    this.#removeMetrics = () => context.metrics.remove(name)
    const logger = context.logger.child({ pipeline: name })
    this.#logger = logger
    const kafka = { ...context.kafka, topic: declaration.topic.name }
    const isOurTopic = kafka.topic === context.kafka.topic
    const onAnotherLog = requestDecision({ declaration, decisions, logger })
    const pipeline = {
      ...toStreamPipeline(declaration, isOurTopic),
      fetch: { ...fetch, maxBytes: fetchShareOf(pipelines * kafka.brokers.length) },
      ...onAnotherLog,
    }
    const own = { ...context, kafka, logger, stop: this.#stop.signal }
    this.#stream = this.#resources.use(createStream(pipeline, own))
    const client = createKafka(kafka, context.clientId, logger)
    this.#admin = this.#resources.use(new TopicAdmin(client, kafka.topic))
    void this.#start(logger).catch((error: unknown) => {
      if (this.#stop.signal.aborted) return
      logger.error(errorFields(error), 'pipeline-failed')
    })
  }

  async #start(logger: Logger): Promise<void> {
    const { signal } = this.#stop
    const isCreated = await retryForever(
      () => this.#admin.createWithDefaults(this.#minInsyncReplicas),
      {
        ...{ firstMs: 200, maxMs: 5_000, signal },
        onFailure: (error) => {
          logger.debug(errorFields(error), 'topic-not-created')
        },
      },
    )
    if (isCreated) logger.info({ topic: this.declaration.topic.name }, 'topic-created')
    await this.#stream.start({ isTopicNew: isCreated })
  }

  /** Sets the lowest level of its log lines. */
  setLogLevel(level: string): void {
    this.#logger.level = level
  }

  /** The offset ranges of the topic; empty if Kafka does not respond. */
  ranges(): Promise<LogRange[]> {
    return this.#admin.ranges().catch(() => [])
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#resources[Symbol.asyncDispose]()
    await this.#removeMetrics()
  }
}

/** @param isOurTopic whether the platform has created the topic; others are never altered */
function toStreamPipeline(
  declaration: Declaration,
  isOurTopic: boolean,
): StreamPipeline<DeclaredRow> {
  const { name, topic, batch, commitEvery } = declaration
  return {
    name,
    decode: (record, origin) => decodeRecord(declaration, record, origin),
    sink: () => sinkOfTable(toTableSchema(declaration)),
    start: topic.start,
    ...(topic.group !== undefined && { groupId: topic.group }),
    ...(batch && { batch }),
    ...(commitEvery !== undefined && { commitEvery }),
    ...(!isOurTopic && { identity: () => foreignLogIdentity }),
  }
}

type ToDecide = Pick<PipelineContext, 'decisions'> & {
  readonly declaration: Declaration
  readonly logger: Logger
}

/**
 * A table without a key would get every record of another log once more. So the pipeline is paused
 * there until a user decides. A table with a key recognizes repeated records.
 */
function requestDecision({
  declaration,
  decisions,
  logger,
}: ToDecide): Pick<StreamPipeline<DeclaredRow>, 'onAnotherLog'> {
  const { name, topic, table } = declaration
  if (table.key.length > 0) return {}
  return {
    onAnotherLog: async ({ afterLog, reason }) => {
      const sentence = `The topic ${topic.name} was replaced by another log (${reason}). Nothing of it is read until you decide where to begin: npm run pipeline -- resume ${name} --from earliest (all records that the topic has now), or --from latest (only later ones).`
      if (!(await decisions.request(name, afterLog, sentence))) return
      logger.error({ topic: topic.name, afterLog, reason }, 'pipeline-needs-decision')
    },
  }
}
