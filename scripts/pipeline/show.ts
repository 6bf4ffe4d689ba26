import type {
  PipelineOutcomes,
  PostgresPipelineStore,
  StoredPipeline,
} from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { noOutcomes } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import type { FileReader } from '../../services/adapters/postgres/files/file-reader.ts'
import type { PostgresSettingStore } from '../../services/adapters/postgres/settings/setting-store.ts'
import { sqlTypeOf } from '../../services/adapters/postgres/tables/table-statements.ts'
import type { TaskReader } from '../../services/adapters/postgres/tasks/task-reader.ts'
import { noTasks } from '../../services/adapters/postgres/tasks/task-reader.ts'
import type { TaskAccount } from '../../services/ledger/tasks/task-account.ts'
import type { ColumnSource, Declaration } from '../../services/pipelines/declaration/declaration.ts'
import { formatDuration } from '../../services/pipelines/declaration/duration.ts'
import { fromStored } from '../../services/pipelines/declaration/stored-declaration.ts'
import type { PipelineDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import { isTaskDeclaration } from '../../services/pipelines/declaration/task-declaration.ts'
import { groupedPartitionsOf, storedTopicOf } from '../../services/pipelines/grouped-topic.ts'
import { stateOf } from '../../services/pipelines/pipeline-state.ts'
import type { SetValue } from '../../services/pipelines/settings/settings.ts'
import { effectiveDeclaration } from '../../services/pipelines/settings/settings.ts'
import { sourceConsumerGroup } from '../../services/worker/pipelines/stream-pipelines.ts'
import { print, printJson } from '../cli/output.ts'
import { formatTable } from '../cli/table.ts'
import { describeTasks } from './describe-tasks.ts'
import type { PipelineFiles } from './pipeline-files.ts'
import { describeFileCounts, filesOf, hasFiles } from './pipeline-files.ts'

/** A pipeline and what became of its records and tasks. */
export type ShownPipeline = StoredPipeline & {
  readonly outcomes: PipelineOutcomes
  /** Undefined if it makes no tasks. */
  readonly tasks: TaskAccount | undefined
  /** What it loads from the bucket; undefined if it loads no files. */
  readonly files: PipelineFiles | undefined
  /** With the settings that replace values of the file; undefined after a reset. */
  readonly effective: PipelineDeclaration | undefined
}

export type Stores = {
  readonly store: PostgresPipelineStore
  readonly settings: PostgresSettingStore
  readonly tasks: Pick<TaskReader, 'accounts'>
  readonly files: Pick<FileReader, 'counts'>
}

/** Reads the declared pipelines with their records. */
export async function readPipelines({
  store,
  settings,
  tasks,
  files,
}: Stores): Promise<ShownPipeline[]> {
  const set = await settings.list()
  const outcomes = new Map((await store.outcomes()).map((each) => [each.pipeline, each]))
  const accounts = new Map((await tasks.accounts()).map((each) => [each.pipeline, each]))
  const pipelines = await store.list()
  const counts = pipelines.some(hasFiles) ? await files.counts() : []
  return pipelines.map((pipeline) => {
    const effective = effectiveOf(pipeline, set)
    return {
      ...pipeline,
      effective,
      isEnabled: effective?.isEnabled ?? pipeline.isEnabled,
      files: filesOf(pipeline, counts),
      tasks: accounts.get(pipeline.name) ?? noTasksOf(effective),
      outcomes: outcomes.get(pipeline.name) ?? noOutcomes(pipeline.name),
    }
  })
}

/** The account of a pipeline that has not made a task; undefined if it makes none. */
function noTasksOf(declaration: PipelineDeclaration | undefined): TaskAccount | undefined {
  if (declaration === undefined || !isTaskDeclaration(declaration)) return undefined
  return { pipeline: declaration.name, ...noTasks }
}

/** `3 made: 1 queued, 2 complete` */
function describeAccount({ made, ...account }: TaskAccount): string {
  const { queued, running, complete, failed, canceled, retired } = account
  const states = { queued, running, complete, failed, canceled, retired }
  const present = Object.entries(states).filter(([, count]) => count > 0)
  if (present.length === 0) return `${made} made`
  return `${made} made: ${present.map(([state, count]) => `${count} ${state}`).join(', ')}`
}

function effectiveOf(
  { declaration }: StoredPipeline,
  set: readonly SetValue[],
): PipelineDeclaration | undefined {
  return declaration === null ? undefined : effectiveDeclaration(fromStored(declaration), set)
}

export const shownState = (pipeline: ShownPipeline): string =>
  pipeline.needsDecision ? 'needs-decision' : stateOf(pipeline)

export function toJson(pipeline: ShownPipeline): object {
  const { name, file, declaration, pauseReason, fault, declaredAt, seenAt, outcomes } = pipeline
  const { isEnabled, files = null } = pipeline
  const { pipeline: _, ...counts } = outcomes
  const { pipeline: __, ...tasks } = pipeline.tasks ?? { pipeline: name }
  return {
    ...{ name, state: shownState(pipeline), isEnabled, file, pauseReason: pauseReason ?? null },
    ...{ fault: fault ?? null, declaredAt, seenAt, outcomes: counts, declaration },
    ...{ tasks: pipeline.tasks === undefined ? null : tasks, files },
  }
}

/** `npm run pipeline -- describe` */
export async function describe(
  stores: Stores,
  { name, json }: { readonly name: string; readonly json: boolean },
): Promise<number> {
  const found = (await readPipelines(stores)).find((pipeline) => pipeline.name === name)
  if (found === undefined) throw new Error(`there is no pipeline ${name}`)
  if (json) printJson(toJson(found))
  else print(describePipeline(found))
  return 0
}

function describePipeline(pipeline: ShownPipeline): string {
  const { name, file, effective, pauseReason, fault, outcomes, tasks, declaredAt } = pipeline
  const counts = `${outcomes.settled} settled: ${outcomes.stored} stored, ${outcomes.updated} updated, ${outcomes.duplicate} duplicates, ${outcomes.deadLettered} dead letters (${outcomes.openLetters} open)`
  return [
    `pipeline  ${name}, ${shownState(pipeline)}${pauseReason === undefined ? '' : `: ${pauseReason}`}`,
    `file      ${file}`,
    ...(fault === undefined ? [] : [`refused   ${fault.replaceAll('\n', '\n          ')}`]),
    `records   ${counts}`,
    ...(tasks === undefined ? [] : [`tasks     ${describeAccount(tasks)}`]),
    ...(pipeline.files === undefined ? [] : [`files     ${describeFileCounts(pipeline.files)}`]),
    ...(effective === undefined
      ? ['The declaration was reset. A worker reads the file again.']
      : describeEffective(effective, declaredAt)),
  ].join('\n')
}

function describeEffective(declaration: PipelineDeclaration, declaredAt: Date): string[] {
  if (!isTaskDeclaration(declaration)) return describeDeclaration(declaration, declaredAt)
  return [...describeTasks(declaration), `since     ${declaredAt.toISOString()}`]
}

function describeDeclaration(declaration: Declaration, declaredAt: Date): string[] {
  const { topic, table, columns, batch, commitEvery } = declaration
  const { onConflict } = table
  const rule = onConflict.kind === 'newest' ? `newest:${onConflict.column}` : onConflict.kind
  const key =
    table.key.length === 0
      ? 'no key: every record adds a row'
      : `key ${table.key.join(', ')}, on conflict ${rule}`
  const rows = columns.map((column) => [
    ...[column.name, sqlTypeOf(column), sourceOf(column.source)],
    ...[column.required ? 'required' : String(column.default ?? ''), column.comment],
  ])
  return [
    `topic     ${topic.name}, from ${topic.start}, group ${sourceConsumerGroup(declaration)}`,
    ...(topic.groupBy === undefined
      ? []
      : [
          `group by  ${topic.groupBy}, in the topic ${storedTopicOf(declaration)} (${groupedPartitionsOf(topic)} partitions)`,
        ]),
    `batch     ${batch ? `${batch.records} records, or all when the first one has waited ${formatDuration(batch.withinMs)}` : 'none: records are stored at once'}`,
    `commits   the offset to Kafka ${commitEvery === undefined ? 'once a second' : `after ${commitEvery} records`}`,
    `table     data.${table.name}, ${key}`,
    `since     ${declaredAt.toISOString()}`,
    '',
    formatTable(['column', 'type', 'from', 'default', 'comment'], rows),
  ]
}

function sourceOf(source: ColumnSource): string {
  if (source.kind === 'field') return `$.${source.path.join('.')}`
  return source.kind === 'header' ? `header:${source.name}` : source.kind
}
