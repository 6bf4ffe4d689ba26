import type pg from 'pg'
import type { Window, WindowPlan } from '../../../ledger/tasks/window.ts'
import { unitOf, windowParams } from '../../../ledger/tasks/window.ts'
import { sqlStatement } from '../sql-file.ts'
import type { TaskQueue } from '../tasks/task-queue.ts'

/** A pipeline that runs on a schedule. */
export type ScheduledPipeline = {
  readonly pipeline: string
  /** The handler that runs, or `sql`. */
  readonly method: string
  readonly plan: WindowPlan
}

export type MadeTasks = {
  readonly made: number
  /** When to look again. */
  readonly nextDueAt: Date
}

type ScheduleRow = {
  readonly made_from: Date
  readonly made_until: Date
  readonly recomputations: number
}

/** Minutes that are taken in one transaction. */
const maxMinutes = 10_000
/** Rows of late minutes that are deleted in one transaction. */
const maxCoalesced = 100_000

/**
 * Records the schedule of a pipeline. A known one goes on where it was.
 *
 * @param client a connection in a transaction
 * @param readsTable the table whose late rows matter, as `SCHEMA.TABLE`; its trigger is installed by
 *   `installTouch`
 */
export async function declareSchedule(
  client: pg.PoolClient,
  { pipeline, plan }: ScheduledPipeline,
  readsTable: string | undefined,
): Promise<void> {
  const now = await databaseTime(client)
  const begin = plan.beginOf(now)
  const from = Number.isFinite(begin) ? begin : now
  const values = [pipeline, new Date(from), new Date(now), readsTable ?? null]
  await client.query(sqlStatement('declare-schedule'), values)
}

/**
 * Makes the tasks of the windows that are due. Workers that do this at the same time wait for each other.
 *
 * @param client a connection in a transaction
 * @param now by default the clock of the database
 * @returns undefined if the pipeline has no schedule
 */
export async function makeDueTasks(
  client: pg.PoolClient,
  { pipeline, method, plan, queue }: ScheduledPipeline & { readonly queue: TaskQueue },
  now?: Date,
): Promise<MadeTasks | undefined> {
  const row = await lockSchedule(client, pipeline)
  if (row === undefined) return undefined
  const nowMs = now?.getTime() ?? (await databaseTime(client))
  const due = plan.due(row.made_until.getTime(), nowMs)
  const tasks = due.runs.map(({ unit, window }) => toTask(method, unit, window))
  const inserted = await queue.insert(pipeline, tasks, client)
  const late = plan.lateRule(nowMs)
  await client.query(sqlStatement('move-schedule'), [
    ...[pipeline, toDate(due.madeUntilMs)],
    ...[toDate(late?.lateBeforeMs), toDate(late?.validUntilMs)],
  ])
  const made = inserted.filter(({ isNew }) => isNew).length
  const nextDueAt = toDate(due.nextDueMs) ?? new Date(8.64e15)
  return { made, nextDueAt }
}

/**
 * Makes a task for each window that late rows have changed. Windows that have no task yet are left out:
 * they will be computed with these rows.
 *
 * @param client a connection in a transaction
 * @returns how many tasks were made
 */
export async function remakeTouched(
  client: pg.PoolClient,
  { pipeline, method, plan, queue }: ScheduledPipeline & { readonly queue: TaskQueue },
  waitMs: number = plan.allowedLatenessMs,
): Promise<number> {
  const row = await lockSchedule(client, pipeline)
  if (row === undefined) return 0
  const { rows } = await client.query<{ minute: Date }>(sqlStatement('take-touched'), [
    ...[pipeline, waitMs, maxMinutes],
  ])
  const windows = new Map<string, Window>()
  for (const minute of new Set(rows.map((each) => each.minute.getTime()))) {
    const span = { fromMs: minute, toMs: minute + 59_999 }
    for (const window of plan.touchedBy(span, row.made_until.getTime()))
      if (window.fromMs >= row.made_from.getTime()) windows.set(unitOf(window), window)
  }
  if (windows.size === 0) return 0
  const sorted = [...windows].sort(([, left], [, right]) => left.fromMs - right.fromMs)
  const tasks = sorted.map(([unit, window], index) =>
    toTask(method, `${unit}#${row.recomputations + index + 1}`, window),
  )
  await queue.insert(pipeline, tasks, client)
  const values = [pipeline, row.recomputations + tasks.length]
  await client.query(sqlStatement('count-recomputations'), values)
  return tasks.length
}

/** The pipelines that have late rows. */
export async function touchedPipelines(pool: pg.Pool): Promise<ReadonlySet<string>> {
  const { rows } = await pool.query<{ pipeline: string }>(sqlStatement('touched-pipelines'))
  return new Set(rows.map(({ pipeline }) => pipeline))
}

/**
 * Deletes rows of late minutes that change nothing. Otherwise their number would grow without limit
 * while a pipeline is paused, or while its file is missing.
 *
 * @param client a connection in a transaction
 * @returns whether there may be further such rows
 */
export async function coalesceTouched(client: pg.PoolClient, pipeline: string): Promise<boolean> {
  if ((await lockSchedule(client, pipeline)) === undefined) {
    await client.query(sqlStatement('remove-touched'), [pipeline])
    return false
  }
  const { rowCount } = await client.query(sqlStatement('coalesce-touched'), [
    ...[pipeline, maxCoalesced],
  ])
  return rowCount === maxCoalesced
}

async function lockSchedule(
  client: pg.PoolClient,
  pipeline: string,
): Promise<ScheduleRow | undefined> {
  const { rows } = await client.query<ScheduleRow>(sqlStatement('lock-schedule'), [pipeline])
  return rows[0]
}

async function databaseTime(client: pg.PoolClient): Promise<number> {
  const { rows } = await client.query<{ now: Date }>(sqlStatement('database-time'))
  return (rows[0] as { now: Date }).now.getTime()
}

const toTask = (method: string, unit: string, window: Window) => {
  return { unit, method, params: windowParams(window), transactionKey: null }
}

/** Null for no time, and for one that never comes. */
const toDate = (ms: number | undefined): Date | null =>
  ms === undefined || !Number.isFinite(ms) ? null : new Date(ms)
