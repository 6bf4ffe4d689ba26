import { formatDuration } from '../../pipelines/declaration/duration.ts'
import { fromStored } from '../../pipelines/declaration/stored-declaration.ts'
import type { Schedule, TaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import { isTaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import type { PipelineStage } from '../../pipelines/grouped-topic.ts'
import { stagesOf } from '../../pipelines/grouped-topic.ts'

/** The way of records and tasks through a pipeline, from its stored declaration. */
export type PipelineRoute = {
  /** In words, e.g. `topic data → table classifieds`. */
  readonly text: string
  /** The topic that it reads. */
  readonly topic: string | null
  /** The table that it writes. */
  readonly table: string | null
  /** Its streams. A pipeline that reads no topic has none. */
  readonly stages: readonly PipelineStage[]
}

/** Null after a reset. */
export function routeOf(stored: unknown): PipelineRoute | null {
  if (stored === null) return null
  const declaration = fromStored(stored)
  if (isTaskDeclaration(declaration)) return routeOfTasks(declaration)
  const { topic, table } = declaration
  return {
    text: `topic ${topic.name} → table ${table.name}`,
    topic: topic.name,
    table: table.name,
    stages: stagesOf(declaration),
  }
}

function routeOfTasks(tasks: TaskDeclaration): PipelineRoute {
  const { name, source, step, to } = tasks
  const topic = source.kind === 'topic' ? source.name : null
  return {
    text: [textOfSource(source), textOfStep(step), ...textOfTarget(to)].join(' → '),
    topic,
    table: to.kind === 'table' ? to.table.name : null,
    stages: topic === null ? [] : [{ name, topic }],
  }
}

function textOfSource(source: TaskDeclaration['source']): string {
  switch (source.kind) {
    case 'topic':
      return `topic ${source.name}`
    case 'schedule':
      return textOfRule(source.schedule.rule)
    case 'api':
      return 'API'
    case 'files':
      return `files ${source.inbox}`
    default:
      return source satisfies never
  }
}

const textOfRule = (rule: Schedule['rule']): string =>
  rule.kind === 'every' ? `every ${formatDuration(rule.ms)}` : `cron ${rule.cron}, ${rule.timeZone}`

function textOfStep(step: TaskDeclaration['step']): string {
  switch (step.kind) {
    case 'run':
      return `handler ${step.handler}`
    case 'run-by':
      return 'the handler that it names'
    case 'sql':
      return 'SQL'
    case 'shell':
      return 'command'
    case 'map':
      return 'rows'
    case 'readings':
      return 'readings'
    default:
      return step satisfies never
  }
}

function textOfTarget(to: TaskDeclaration['to']): string[] {
  switch (to.kind) {
    case 'none':
      return []
    case 'tables':
      return ['tables']
    case 'table':
      return [`table ${to.table.name}`]
    case 'topic':
      return [`topic ${to.topic}`]
    case 'objects':
      return [`objects in ${to.folder}`]
    default:
      return to satisfies never
  }
}
