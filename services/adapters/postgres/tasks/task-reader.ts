import type pg from 'pg'
import type { TaskAccount } from '../../../ledger/tasks/task-account.ts'
import type { TaskState } from '../../../ledger/tasks/task.ts'
import { sqlStatement } from '../sql-file.ts'

/** A task as lists show it. */
export type TaskSummary = {
  readonly id: number
  readonly pipeline: string
  readonly unit: string
  readonly method: string
  readonly transactionKey: string | null
  readonly state: TaskState
  /** The worker that runs the task, or ran it last. Its name is null if its row was deleted. */
  readonly worker: { readonly id: number; readonly name: string | null } | null
  /** Number of the latest attempt; 0 before the first. */
  readonly attempt: number
  readonly runAfter: Date
  /** Null unless it runs. */
  readonly leaseUntil: Date | null
  readonly cancelRequestedAt: Date | null
  /** From 0 to 1, as the handler has reported it. */
  readonly progress: number | null
  /** Rows that were stored, or written to a topic; null until the task is complete. */
  readonly rows: number | null
  /** Why the latest attempt failed, as a code; null if it did not. */
  readonly code: string | null
  /** Why the latest attempt failed, as a sentence. */
  readonly detail: string | null
  readonly madeAt: Date
  /** When the latest attempt began. */
  readonly startedAt: Date | null
  readonly endedAt: Date | null
}

export type StoredTask = TaskSummary & {
  /** The text of a JSON value. */
  readonly params: string
  /** Its last log lines, the oldest first. */
  readonly logLines: readonly string[]
}

/** An undefined filter does not restrict the list. */
export type TaskFilter = {
  readonly pipeline?: string | undefined
  readonly state?: TaskState | undefined
  /** Only tasks that this worker runs, or ran last. */
  readonly worker?: number | undefined
  /** Only tasks with a lower id, for the next page. */
  readonly before?: number | undefined
  readonly limit: number
}

type SummaryRow = {
  readonly id: number
  readonly pipeline: string
  readonly unit: string
  readonly method: string
  readonly transaction_key: string | null
  readonly state: TaskState
  readonly worker: number | null
  readonly worker_name: string | null
  readonly attempt: number
  readonly run_after: Date
  readonly lease_until: Date | null
  readonly cancel_requested_at: Date | null
  readonly progress: number | null
  readonly rows: number | null
  readonly code: string | null
  readonly detail: string | null
  readonly made_at: Date
  readonly started_at: Date | null
  readonly ended_at: Date | null
}

type TaskRow = SummaryRow & { readonly params: string; readonly lines: string | null }

/** Reads tasks. */
export class TaskReader {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Tasks that match the filter, the newest first. */
  async list({ pipeline, state, worker, before, limit }: TaskFilter): Promise<TaskSummary[]> {
    const values = [pipeline ?? null, state ?? null, before ?? null, worker ?? null, limit]
    const { rows } = await this.#pool.query<SummaryRow>(sqlStatement('list-tasks'), values)
    return rows.map(toSummary)
  }

  /** A task with its parameters and log lines; undefined if there is none with this id. */
  async find(id: number): Promise<StoredTask | undefined> {
    const { rows } = await this.#pool.query<TaskRow>(sqlStatement('find-task'), [id])
    const [row] = rows
    return row && { ...toSummary(row), params: row.params, logLines: toLines(row.lines) }
  }

  /** What became of the tasks of each pipeline that has made one, by name. */
  async accounts(): Promise<TaskAccount[]> {
    const { rows } = await this.#pool.query<TaskAccount>(sqlStatement('count-tasks'), [null])
    return rows
  }

  /** What became of the tasks of a pipeline. */
  async account(pipeline: string): Promise<TaskAccount> {
    const { rows } = await this.#pool.query<TaskAccount>(sqlStatement('count-tasks'), [pipeline])
    return rows[0] ?? { pipeline, ...noTasks }
  }
}

/** What a pipeline without tasks counts. */
export const noTasks = {
  made: 0,
  queued: 0,
  running: 0,
  complete: 0,
  failed: 0,
  canceled: 0,
  retired: 0,
}

function toLines(lines: string | null): string[] {
  return lines === null ? [] : lines.split('\n')
}

function toSummary(row: SummaryRow): TaskSummary {
  const { id, pipeline, unit, method, state, attempt, progress, rows, code, detail } = row
  return {
    ...{ id, pipeline, unit, method, state, attempt, progress, rows, code, detail },
    transactionKey: row.transaction_key,
    worker: row.worker === null ? null : { id: row.worker, name: row.worker_name },
    runAfter: row.run_after,
    leaseUntil: row.lease_until,
    cancelRequestedAt: row.cancel_requested_at,
    madeAt: row.made_at,
    startedAt: row.started_at,
    endedAt: row.ended_at,
  }
}
