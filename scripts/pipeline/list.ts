import type { KafkaSettings } from '../../services/adapters/kafka/client.ts'
import type { RangesByTopic } from '../../services/adapters/kafka/topic-ranges.ts'
import { TopicRanges } from '../../services/adapters/kafka/topic-ranges.ts'
import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import type {
  PipelinePosition,
  UnreadablePartition,
} from '../../services/adapters/postgres/pipelines/pipeline-progress.ts'
import {
  readPositions,
  readUnreadable,
} from '../../services/adapters/postgres/pipelines/pipeline-progress.ts'
import type { PipelineOutcomes } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { noOutcomes } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { fromStored } from '../../services/pipelines/declaration/stored-declaration.ts'
import { ownTableOf } from '../../services/pipelines/declaration/task-declaration.ts'
import type { PipelineStage } from '../../services/pipelines/grouped-topic.ts'
import { stagesOf } from '../../services/pipelines/grouped-topic.ts'
import { lagOfStage } from '../../services/pipelines/pipeline-lag.ts'
import { print, printJson } from '../cli/output.ts'
import { formatTable } from '../cli/table.ts'
import { openBrokers } from '../platform/kafka-queries.ts'
import { fileTableHead, toFileCells } from './pipeline-files.ts'
import type { ShownPipeline, Stores } from './show.ts'
import { readPipelines, shownState, toJson } from './show.ts'

type Source = { readonly kafka: KafkaSettings; readonly pool: Pool; readonly stores: Stores }

/** A stream of a pipeline: what it does, how far it is behind, and what became of its records. */
type ListedStage = PipelineStage & {
  readonly state: string
  /** Null if it is not known, e.g. because Kafka does not answer. */
  readonly lag: number | null
  readonly outcomes: PipelineOutcomes
  readonly unreadable: UnreadablePartition | undefined
}

type ListedPipeline = ShownPipeline & { readonly stages: readonly ListedStage[] }

/** What is read of all pipelines at once. */
type Reading = {
  readonly outcomes: readonly PipelineOutcomes[]
  readonly positions: readonly PipelinePosition[]
  readonly unreadable: readonly UnreadablePartition[]
  readonly ranges: RangesByTopic
}

const kafkaTimeoutMs = 5_000

/** `npm run pipeline -- list` */
export async function list(source: Source, json: boolean): Promise<number> {
  const pipelines = await readListed(source)
  if (json) {
    printJson(pipelines.map(toListedJson))
    return 0
  }
  if (pipelines.length === 0) {
    print('No pipeline is declared. docs/pipelines.md describes how to declare one.')
    return 0
  }
  const head = ['pipeline', 'state', 'lag', 'topic', 'table', 'settled', 'stored', 'updated']
  print(formatTable([...head, 'duplicate', 'dead letters'], pipelines.flatMap(toLines)))
  printTasks(pipelines)
  printFiles(pipelines)
  for (const pipeline of pipelines) printReasons(pipeline)
  return 0
}

async function readListed({ kafka, pool, stores }: Source): Promise<ListedPipeline[]> {
  const pipelines = await readPipelines(stores)
  const [outcomes, positions, unreadable, ranges] = await Promise.all([
    stores.store.outcomes(),
    readPositions(pool),
    readUnreadable(pool),
    readRanges(kafka, pipelines),
  ])
  const reading = { outcomes, positions, unreadable, ranges }
  return pipelines.map((pipeline) => {
    const stages = stagesOfStored(pipeline).map((stage) => toListed(pipeline, stage, reading))
    return { ...pipeline, stages }
  })
}

/** A pipeline without a topic has a line too. */
function stagesOfStored({ name, declaration }: ShownPipeline): PipelineStage[] {
  const stages = declaration === null ? [] : stagesOf(fromStored(declaration))
  return stages.length === 0 ? [{ name, topic: '' }] : stages
}

/** Empty if Kafka does not answer. */
async function readRanges(
  kafka: KafkaSettings,
  pipelines: readonly ShownPipeline[],
): Promise<RangesByTopic> {
  const topics = pipelines.flatMap(stagesOfStored).flatMap(({ topic }) => topic || [])
  if (topics.length === 0) return new Map()
  await using ranges = new TopicRanges(openBrokers(kafka), kafkaTimeoutMs)
  return await ranges.read(topics).catch((): RangesByTopic => new Map())
}

function toListed(pipeline: ShownPipeline, stage: PipelineStage, reading: Reading): ListedStage {
  const { name, topic } = stage
  const state = shownState(pipeline)
  const unreadable = reading.unreadable.find(
    (each) => each.pipeline === name && each.topic === topic,
  )
  return {
    ...stage,
    state: state === 'running' && unreadable !== undefined ? 'failing' : state,
    lag: lagOfStage(stage, reading),
    outcomes: reading.outcomes.find((each) => each.pipeline === name) ?? noOutcomes(name),
    unreadable,
  }
}

/** One line for each stage. The table is that of the last one. */
function toLines({ name, declaration, stages }: ListedPipeline): string[][] {
  const table = declaration === null ? '' : (ownTableOf(fromStored(declaration)) ?? '')
  return stages.map((stage) => {
    const { settled, stored, updated, duplicate, deadLettered } = stage.outcomes
    const counts = [settled, stored, updated, duplicate, deadLettered].map(String)
    const lag = stage.lag === null ? '' : String(stage.lag)
    return [stage.name, stage.state, lag, stage.topic, stage.name === name ? table : '', ...counts]
  })
}

/** What became of the tasks, of the pipelines that make some. */
function printTasks(pipelines: readonly ListedPipeline[]): void {
  const lines = pipelines.flatMap(({ name, tasks }) => {
    if (tasks === undefined) return []
    const { made, queued, running, complete, failed, canceled, retired } = tasks
    return [[name, ...[made, queued, running, complete, failed, canceled, retired].map(String)]]
  })
  if (lines.length === 0) return
  const states = ['queued', 'running', 'complete', 'failed', 'canceled', 'retired']
  print(`\n${formatTable(['tasks of', 'made', ...states], lines)}`)
}

/** The pipelines are in the order in which they are checked for a file. */
function printFiles(pipelines: readonly ListedPipeline[]): void {
  const lines = pipelines.flatMap(({ name, isEnabled, files }) =>
    files === undefined ? [] : [toFileCells(name, isEnabled, files)],
  )
  if (lines.length === 0) return
  print(`\n${formatTable(fileTableHead, lines)}`)
  print(
    'A file belongs to the first pipeline of its inbox in this list that matches its name or type.',
  )
}

function printReasons({ name, fault, pauseReason, needsDecision, stages }: ListedPipeline): void {
  const what = needsDecision ? 'needs a decision' : 'is paused'
  if (pauseReason !== undefined) print(`\n${name} ${what}: ${pauseReason}`)
  if (fault !== undefined) print(`\n${name}: the latest version of its file is refused:\n${fault}`)
  for (const { name: stage, unreadable } of stages) {
    if (unreadable === undefined) continue
    const { partition, firstOffset, reason } = unreadable
    print(
      `\n${stage}: partition ${partition} cannot be read from Kafka at offset ${firstOffset}: ${reason} npm run status says what to do.`,
    )
  }
}

function toListedJson(pipeline: ListedPipeline): object {
  const stages = pipeline.stages.map(({ name, topic, state, lag, outcomes }) => {
    const { pipeline: _, ...counts } = outcomes
    return { name, topic, state, lag, outcomes: counts }
  })
  return { ...toJson(pipeline), stages }
}
