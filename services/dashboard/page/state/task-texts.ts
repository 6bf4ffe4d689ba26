import type { Task, TaskCount, TaskDetails, TaskWorker } from '../../api/tasks.ts'
import type { TaskState } from '../../../ledger/tasks/task.ts'
import { taskStates } from '../../../ledger/tasks/task.ts'
import { formatAge, formatCount, formatDuration, formatLatency, formatMoment } from './format.ts'

/** What the page Work says about tasks and workers. Parts between backticks are commands. */

/** The state in words. A task that is asked to stop says so. */
export function stateOf({ state, isCancelRequested }: Task): string {
  return isCancelRequested ? 'canceling' : state
}

/** Progress in percent; undefined unless it runs and reports one. */
export function percentOf({ state, progress }: Task): string | undefined {
  if (state !== 'running' || progress === null) return undefined
  return `${Math.floor(progress * 100)} %`
}

/** When it was made, how long it has run, and what came out. @param now milliseconds since the Unix epoch */
export function summaryOf(task: Task, now: number): string {
  const { attempt, rows, state, worker } = task
  const parts = [
    timesOf(task, now),
    ...(state === 'complete' && rows !== null
      ? [rows === 1 ? '1 row' : `${formatCount(rows)} rows`]
      : []),
    ...(attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(state === 'running' && worker !== null
      ? [`on ${worker.name ?? `worker ${worker.id}`}`]
      : []),
  ]
  return parts.join(' · ')
}

function timesOf(task: Task, now: number): string {
  const { state, attempt, madeAt, startedAt } = task
  const since = (at: string | null): number => Math.max(0, now - Date.parse(at ?? madeAt))
  switch (state) {
    case 'queued':
      return attempt === 0
        ? `made ${formatAge(since(madeAt))}, waits`
        : `tried ${formatAge(since(startedAt))}, waits for the next attempt`
    case 'running':
      return `running for ${formatDuration(since(startedAt))}`
    case 'complete':
    case 'failed':
    case 'canceled':
      return `ended ${formatAge(since(task.endedAt))}${tookOf(task)}`
    default:
      return state satisfies never
  }
}

/** The fault in one line, with a note if it is of an earlier attempt; empty if there is none. */
export function faultLineOf({ fault, state }: Task): string {
  if (fault === null) return ''
  const isOver = state === 'queued' || state === 'running'
  return `${isOver ? 'The previous attempt failed. ' : ''}${fault.code}: ${fault.message}`
}

/** Empty if it ended before it began. */
function tookOf({ startedAt, endedAt }: Task): string {
  if (startedAt === null || endedAt === null) return ''
  return `, took ${formatLatency(Date.parse(endedAt) - Date.parse(startedAt))}`
}

/** The facts of an open task: label and value. @param now milliseconds since the Unix epoch */
export function factsOf(task: TaskDetails, now: number): readonly (readonly [string, string])[] {
  const moment = (at: string | null): string =>
    at === null ? '–' : formatMoment(Date.parse(at), now)
  return [
    ['Unit', task.unit],
    ['Attempts', formatCount(task.attempt)],
    ['Worker', workerOf(task)],
    ['Rows', task.rows === null ? '–' : formatCount(task.rows)],
    ['Made', moment(task.madeAt)],
    ['Last start', moment(task.startedAt)],
    ['Ended', moment(task.endedAt)],
    ...(task.transactionKey === null ? [] : [['Key', task.transactionKey] as const]),
  ]
}

function workerOf({ worker }: Task): string {
  if (worker === null) return '–'
  return worker.name === null ? `id ${worker.id}` : `${worker.name} (id ${worker.id})`
}

/** What a user can do with the task. */
export function changeOf({ state }: Task): 'cancel' | 'retry' | undefined {
  if (state === 'failed' || state === 'canceled') return 'retry'
  return state === 'complete' ? undefined : 'cancel'
}

/** The number of tasks in each state, of one pipeline or of all. */
export function countsByState(
  counts: readonly TaskCount[],
  pipeline: string | undefined,
): ReadonlyMap<TaskState, number> {
  const meant = counts.filter((count) => pipeline === undefined || count.pipeline === pipeline)
  const sum = (state: TaskState): number =>
    meant.filter((count) => count.state === state).reduce((all, { count }) => all + count, 0)
  return new Map(taskStates.map((state) => [state, sum(state)]))
}

export function pipelinesOf(counts: readonly TaskCount[]): string[] {
  return [...new Set(counts.map(({ pipeline }) => pipeline))].sort()
}

/** What a worker does now, in one line. */
export function activityOf({ state, current }: TaskWorker): string {
  if (state === 'lost') {
    return 'It has not reported in time. Its tasks run again on another worker.'
  }
  if (current.length === 0) return state === 'stopped' ? 'It has ended.' : 'It waits for tasks.'
  const [first, ...others] = current.map(({ task, method }) => `${method} (task ${task})`)
  return others.length === 0
    ? `Runs ${first ?? ''}.`
    : `Runs ${formatCount(current.length)} tasks: ${[first, ...others].slice(0, 4).join(', ')}${current.length > 4 ? ', …' : '.'}`
}

/** The figures of a worker: label and value. @param now milliseconds since the Unix epoch */
export function workerFiguresOf(
  worker: TaskWorker,
  now: number,
): readonly (readonly [string, string])[] {
  const { host, ip, start_date: startDate, last_processed: last } = worker
  return [
    ['Machine', ip === host || ip === '' ? host : `${host} (${ip})`],
    ['Started', formatMoment(Date.parse(startDate), now)],
    ['Processed', formatCount(worker.total_processed)],
    ['Successful', formatCount(worker.total_success)],
    ['Last task', last === null ? '–' : formatAge(Math.max(0, now - Date.parse(last)))],
  ]
}
