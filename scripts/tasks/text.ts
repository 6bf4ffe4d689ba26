import type { StoredTask, TaskSummary } from '../../services/adapters/postgres/tasks/task-reader.ts'
import type { TasksByState } from '../../services/adapters/postgres/tasks/work-now.ts'
import type { TaskState } from '../../services/ledger/tasks/task.ts'
import { taskStates } from '../../services/ledger/tasks/task.ts'
import { formatTable } from '../cli/table.ts'

/** Tasks as text for `npm run tasks` and `npm run job`. */

const maxDetailLength = 80

export function taskTable(tasks: readonly TaskSummary[]): string {
  const rows = tasks.map((task) => [
    ...[String(task.id), task.pipeline, task.method, stateInWords(task)],
    ...[progressOf(task), String(task.attempt), toSeconds(task.madeAt), tookOf(task)],
    shorten(faultOf(task)),
  ])
  const head = ['id', 'pipeline', 'method', 'state', 'progress', 'attempt', 'made', 'took', 'fault']
  return formatTable(head, rows)
}

/** The numbers of tasks by state, a line for each pipeline. */
export function countTable(counts: readonly TasksByState[]): string {
  const rows = counts.map((each) => [
    each.pipeline,
    ...taskStates.map((state) => String(each[state])),
  ])
  return formatTable(['pipeline', ...taskStates], rows)
}

export function describeTask(task: StoredTask): string {
  const { worker, transactionKey: key, logLines, params } = task
  const facts: [string, string][] = [
    ['task', `${task.id} of ${task.pipeline}, ${task.unit}`],
    ['method', task.method],
    ['state', stateInWords(task)],
    ['progress', progressOf(task) || '–'],
    ['attempts', String(task.attempt)],
    ['worker', worker === null ? '–' : `${worker.name ?? 'deleted'} (${worker.id})`],
    ['rows', task.rows === null ? '–' : String(task.rows)],
    ['made', toSeconds(task.madeAt)],
    ['started', task.startedAt === null ? '–' : toSeconds(task.startedAt)],
    ['ended', task.endedAt === null ? '–' : `${toSeconds(task.endedAt)}, took ${tookOf(task)}`],
    ...(key === null ? [] : [['key', key] as [string, string]]),
    ...(task.code === null ? [] : [['fault', faultOf(task)] as [string, string]]),
    ['params', params],
  ]
  const lines = facts.map(([name, text]) => `${name.padEnd(8)}  ${text}`)
  const log =
    logLines.length === 0
      ? ['Its handler has logged nothing.']
      : ['The last log lines:', ...logLines]
  return [...lines, '', ...log].join('\n')
}

/** The state; a running task that a user has canceled says so. */
export function stateInWords({ state, cancelRequestedAt }: TaskSummary): string {
  return state === 'running' && cancelRequestedAt !== null ? 'running, cancel requested' : state
}

/**
 * In percent; empty if the handler reports none, and for a complete task: the last report of its
 * handler may have been below 100 %.
 */
export function progressOf({ progress, state }: TaskSummary): string {
  return progress === null || state === 'complete' ? '' : `${Math.floor(progress * 100)} %`
}

export function faultOf({ code, detail }: TaskSummary): string {
  return code === null ? '' : `${code}: ${detail ?? ''}`
}

export const isEnded = ({ state }: { readonly state: TaskState }): boolean =>
  state === 'complete' || state === 'failed' || state === 'canceled'

/** How long the last attempt has taken, in seconds. */
function tookOf({ startedAt, endedAt }: TaskSummary): string {
  if (startedAt === null || endedAt === null) return ''
  return `${((endedAt.getTime() - startedAt.getTime()) / 1_000).toFixed(1)} s`
}

const toSeconds = (time: Date): string => `${time.toISOString().slice(0, 19)}Z`

function shorten(text: string): string {
  const [line = ''] = text.split('\n')
  return line.length > maxDetailLength ? `${line.slice(0, maxDetailLength - 3)}...` : line
}

export function toJson(task: TaskSummary): object {
  const { code, detail, worker, cancelRequestedAt, ...others } = task
  return {
    ...others,
    worker,
    isCancelRequested: task.state === 'running' && cancelRequestedAt !== null,
    fault: code === null ? null : { code, message: detail ?? '' },
  }
}
