import { createKafka } from '../../adapters/kafka/client.ts'
import { RecordForwarder } from '../../adapters/kafka/writing/record-forwarder.ts'
import type { AccountedPipeline } from '../../adapters/postgres/ledger/account-store.ts'
import { PostgresLedgerStore } from '../../adapters/postgres/ledger/ledger-store.ts'
import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import type { Declaration } from '../../pipelines/declaration/declaration.ts'
import type {
  PipelineDeclaration,
  TaskDeclaration,
  TaskTopic,
} from '../../pipelines/declaration/task-declaration.ts'
import { isTaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import { groupedPartitionsOf, stagesOf, storedTopicOf } from '../../pipelines/grouped-topic.ts'
import type { Logger } from '../../runtime/logger.ts'
import { errorFields } from '../../runtime/logger.ts'
import { retryForever } from '../../runtime/retry.ts'
import { Resources } from '../../runtime/resources.ts'
import type { StreamContext } from '../../stream/stream.ts'
import { accountedPipeline } from './accounted-pipeline.ts'
import type { NewTopics } from './create-topics.ts'
import { createGroupedTopic } from './create-topics.ts'
import { GroupedTopicCleaner } from './clean-grouped-topic.ts'
import type { RequestedDecisions } from './request-decision.ts'
import { requestDecision } from './request-decision.ts'
import { Stage } from './stage.ts'
import {
  fetch,
  groupedTablePipeline,
  groupingPipeline,
  tablePipeline,
  taskPipeline,
} from './stream-pipelines.ts'

/** What all pipelines of a worker share. */
export type PipelineContext = {
  readonly context: StreamContext & { readonly pool: Pool }
  /** For topics that do not exist yet. */
  readonly topics: NewTopics
  readonly decisions: RequestedDecisions
}

/** For fetched records of all pipelines that are behind. Decoded, they take about ten times as much. */
const maxFetchedBytes = 8 * 1_048_576
const leastFetchBytes = 65_536

/** How many fetches the pipelines can have at the same time: one for each consumer and broker. */
export function countFetches(declarations: Iterable<PipelineDeclaration>, brokers: number): number {
  let consumers = 0
  for (const declaration of declarations) consumers += stagesOf(declaration).length
  return consumers * brokers
}

/** @param fetches how many run at the same time */
export function fetchShareOf(fetches: number): number {
  return Math.max(leastFetchBytes, Math.floor(maxFetchedBytes / fetches))
}

/**
 * A declared pipeline that reads its topic until it is disposed. It makes rows or tasks of the records. A
 * pipeline without a topic reads nothing.
 */
export class RunningPipeline implements AsyncDisposable {
  readonly declaration: PipelineDeclaration
  /** Undefined if the records become tasks. */
  readonly accounted: AccountedPipeline | undefined
  readonly #logger: Logger
  readonly #resources = new Resources()
  /** Undefined if the pipeline reads no topic. */
  readonly #source: Stage | undefined
  /** Reads the grouped topic; undefined without `group_by`. */
  readonly #grouped: Stage | undefined
  readonly #stop = new AbortController()
  readonly #shared: PipelineContext

  readonly #fetch: typeof fetch & { readonly maxBytes: number }

  /**
   * The topic and the stop signal of the context are replaced.
   *
   * @param fetches how many fetches share the memory for fetched records
   */
  constructor(declaration: PipelineDeclaration, shared: PipelineContext, fetches: number) {
    this.#shared = shared
    this.#fetch = { ...fetch, maxBytes: fetchShareOf(fetches) }
    this.declaration = declaration
    this.#logger = shared.context.logger.child({ pipeline: declaration.name })
    if (isTaskDeclaration(declaration)) {
      const { source } = declaration
      this.#source = source.kind === 'topic' ? this.#createTasks(declaration, source) : undefined
    } else {
      this.accounted = accountedPipeline(declaration)
      const isGrouped = declaration.topic.groupBy !== undefined
      this.#source = isGrouped ? this.#createGrouping(declaration) : this.#createOnly(declaration)
      this.#grouped = isGrouped ? this.#createGrouped(declaration) : undefined
    }
    void this.#start().catch((error: unknown) => {
      if (this.#stop.signal.aborted) return
      this.#logger.error(errorFields(error), 'pipeline-failed')
    })
  }

  /** The streams of the pipeline, each with its topic. */
  get stages(): readonly Stage[] {
    return [this.#source, this.#grouped].filter((stage) => stage !== undefined)
  }

  #contextOf(topic: string): StreamContext {
    const { context } = this.#shared
    const kafka = { ...context.kafka, topic }
    return { ...context, kafka, logger: this.#logger, stop: this.#stop.signal }
  }

  #optionsOf(topic: Pick<TaskTopic, 'name'>) {
    return { isOurTopic: topic.name === this.#shared.context.kafka.topic }
  }

  #createTasks(declaration: TaskDeclaration, topic: TaskTopic): Stage {
    const pipeline = taskPipeline(declaration, topic, this.#optionsOf(topic))
    return this.#resources.use(
      Stage.create({ ...pipeline, fetch: this.#fetch }, this.#contextOf(topic.name)),
    )
  }

  #createOnly(declaration: Declaration): Stage {
    const { decisions } = this.#shared
    const pipeline = {
      ...tablePipeline(declaration, this.#optionsOf(declaration.topic)),
      fetch: this.#fetch,
      ...requestDecision({ declaration, decisions, logger: this.#logger }),
    }
    return this.#resources.use(Stage.create(pipeline, this.#contextOf(declaration.topic.name)))
  }

  #createGrouping(declaration: Declaration): Stage {
    const { clientId, kafka } = this.#shared.context
    const forwarder = new RecordForwarder(createKafka(kafka, clientId, this.#logger), {
      topic: storedTopicOf(declaration),
      partitions: groupedPartitionsOf(declaration.topic),
    })
    this.#resources.use(forwarder)
    const pipeline = groupingPipeline(declaration, this.#optionsOf(declaration.topic), forwarder)
    return this.#resources.use(
      Stage.create({ ...pipeline, fetch: this.#fetch }, this.#contextOf(declaration.topic.name)),
    )
  }

  #createGrouped(declaration: Declaration): Stage {
    const context = this.#contextOf(storedTopicOf(declaration))
    return this.#resources.use(
      Stage.create({ ...groupedTablePipeline(declaration), fetch: this.#fetch }, context),
    )
  }

  async #start(): Promise<void> {
    const { minInsyncReplicas } = this.#shared.topics
    const source = this.#source
    if (source === undefined) return
    const isTopicNew = await this.#create(source, () =>
      source.admin.createWithDefaults(minInsyncReplicas),
    )
    const grouped = this.#grouped
    if (grouped) await this.#startGrouped(grouped)
    await source.stream.start({ isTopicNew })
  }

  /** The ledgers of the grouped topic begin before a record is written to it. */
  async #startGrouped(grouped: Stage): Promise<void> {
    const { declaration } = this
    if (isTaskDeclaration(declaration)) return
    const { context, topics } = this.#shared
    const { topic, admin } = grouped
    const ledgers = new PostgresLedgerStore(context.pool, declaration.name)
    const partitions = groupedPartitionsOf(declaration.topic)
    await this.#create(grouped, () =>
      createGroupedTopic({ topic, partitions, admin, ledgers }, topics),
    )
    await new Promise<void>((onBegun, onError) => {
      grouped.stream.start({ onBegun }).catch(onError)
    })
    if (this.#stop.signal.aborted) return
    this.#resources.use(new GroupedTopicCleaner({ topic, admin, ledgers, logger: this.#logger }))
  }

  async #create({ topic }: Stage, create: () => Promise<boolean>): Promise<boolean> {
    let message: string | undefined
    const isCreated = await retryForever(create, {
      ...{ firstMs: 200, maxMs: 5_000, signal: this.#stop.signal },
      onFailure: (error) => {
        const fields = { topic, ...errorFields(error) }
        if ((error as Error).message === message) this.#logger.debug(fields, 'topic-not-created')
        else this.#logger.warn(fields, 'topic-not-created')
        message = (error as Error).message
      },
    })
    if (isCreated) this.#logger.info({ topic }, 'topic-created')
    return isCreated
  }

  /** Sets the lowest level of its log lines. */
  setLogLevel(level: string): void {
    this.#logger.level = level
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#resources[Symbol.asyncDispose]()
  }
}
