import type pg from 'pg'
import type { TaskState } from '../../../ledger/tasks/task.ts'
import { sqlStatement } from '../sql-file.ts'

/** What workers do now, and what waits for them. */

/** How many tasks of a pipeline are in each state. Deleted tasks do not count. */
export type TasksByState = { readonly pipeline: string } & Readonly<Record<TaskState, number>>

/** Of each pipeline that has made a task, by name. Reads no complete tasks, so it is fast. */
export async function countByState(pool: pg.Pool): Promise<TasksByState[]> {
  return (await pool.query<TasksByState>(sqlStatement('tasks-by-state'))).rows
}

export type RunningTask = {
  readonly id: number
  readonly pipeline: string
  readonly method: string
  /** From 0 to 1. */
  readonly progress: number | null
  /** The id of the worker. */
  readonly worker: number
}

export async function readRunningTasks(pool: pg.Pool): Promise<RunningTask[]> {
  return (await pool.query<RunningTask>(sqlStatement('running-tasks'))).rows
}

/** Tasks of all pipelines that could run now and are not claimed yet. */
export async function countWaiting(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ readonly waiting: number }>(sqlStatement('waiting-tasks'))
  return rows[0]?.waiting ?? 0
}

/** What keeps tasks from having their effects. */
export type WorkBacklog = {
  /** Messages that wait in the outbox for Kafka. */
  readonly messages: number
  /** The age of the oldest of them; 0 if there is none. */
  readonly ageSeconds: number
  /** The age of the oldest change of a file whose status is not copied to ClickHouse yet; 0 if there is none. */
  readonly fileStatusAgeSeconds: number
  /** Messages that Kafka has refused for good. */
  readonly refusedMessages: number
  /** Results of tasks that are not in the bucket yet. */
  readonly waitingOutputs: number
  /** The age of the oldest of them; 0 if there is none. */
  readonly outputAgeSeconds: number
  /** Workers that report, also those that are stopping. */
  readonly runningWorkers: number
  /** Workers that were lost within the last day, and have not started again under the same id. */
  readonly lostWorkers: number
  /** Files of the inboxes that no pipeline loads. */
  readonly unmatchedFiles: number
}

const noBacklog: WorkBacklog = {
  ...{ messages: 0, ageSeconds: 0, fileStatusAgeSeconds: 0, refusedMessages: 0 },
  ...{ waitingOutputs: 0, outputAgeSeconds: 0 },
  ...{ runningWorkers: 0, lostWorkers: 0, unmatchedFiles: 0 },
}

export async function readWorkBacklog(pool: pg.Pool): Promise<WorkBacklog> {
  const { rows } = await pool.query<WorkBacklog>(sqlStatement('backlog-of-work'))
  return rows[0] ?? noBacklog
}
