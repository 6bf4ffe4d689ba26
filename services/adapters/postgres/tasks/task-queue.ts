import type pg from 'pg'
import type { NewTask, TaskState } from '../../../ledger/tasks/task.ts'
import { sqlStatement } from '../sql-file.ts'

/** A new task that may wait before it runs. */
export type WaitingTask = NewTask & {
  /** The task does not run before this time; by default it may run at once. */
  readonly runAfter?: Date | undefined
}

/** The task of a unit, and whether it was made now. */
export type InsertedTask = { readonly id: number; readonly isNew: boolean }

/** What became of a request to cancel a task. */
export type CancelOutcome =
  /** It was queued, and is canceled now. */
  | { readonly kind: 'canceled' }
  /** It runs. Its worker cancels it. */
  | { readonly kind: 'requested' }
  /** It had ended before. */
  | { readonly kind: 'ended'; readonly state: TaskState }

export type RetryFilter = { readonly pipeline: string; readonly state: 'failed' | 'canceled' }

const tasksOfOneRetry = 1_000

/** Makes, cancels and retries tasks. The roles of the worker and of the dashboard may do this. */
export class TaskQueue {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /**
   * Makes a task for each unit that has none yet. The units must differ from each other.
   *
   * @param client an open transaction in which the tasks are made; by default one for itself
   * @returns the tasks of the units, in the same order
   */
  async insert(
    pipeline: string,
    tasks: readonly WaitingTask[],
    client: pg.Pool | pg.PoolClient = this.#pool,
  ): Promise<InsertedTask[]> {
    if (tasks.length === 0) return []
    const { rows } = await client.query<UnitRow>(sqlStatement('insert-tasks'), [
      pipeline,
      tasks.map(({ unit }) => unit),
      tasks.map(({ method }) => method),
      tasks.map(({ params }) => params),
      tasks.map(({ transactionKey }) => transactionKey),
      tasks.map(({ runAfter }) => runAfter ?? null),
    ])
    const made = idsOf(rows)
    const others = tasks.map(({ unit }) => unit).filter((unit) => !made.has(unit))
    const present = others.length === 0 ? made : await idsOfUnits(client, pipeline, others)
    return tasks.map(({ unit }) => {
      const id = made.get(unit) ?? present.get(unit)
      if (id === undefined) throw new Error(`The task of the unit ${unit} was deleted meanwhile.`)
      return { id, isNew: made.has(unit) }
    })
  }

  /** Cancels a queued task, or asks the worker of a running one to cancel it. Undefined: no such task. */
  async cancel(id: number): Promise<CancelOutcome | undefined> {
    const { rows } = await this.#pool.query<{ before: TaskState; after: TaskState }>(
      sqlStatement('request-cancel'),
      [id],
    )
    const [row] = rows
    if (row === undefined) return undefined
    if (row.before === 'queued') return { kind: 'canceled' }
    return row.before === 'running' ? { kind: 'requested' } : { kind: 'ended', state: row.before }
  }

  /**
   * Queues failed and canceled tasks again, with all their attempts. A complete task stays complete.
   *
   * @returns the ids of the tasks that are queued again
   */
  async retry(ids: readonly number[]): Promise<number[]> {
    const { rows } = await this.#pool.query<{ id: number }>(sqlStatement('retry-tasks'), [ids])
    return rows.map(({ id }) => id)
  }

  /** Queues all tasks of a pipeline again that have ended in this state. @returns how many */
  async retryAll({ pipeline, state }: RetryFilter): Promise<number> {
    let count = 0
    let after = 0
    for (;;) {
      const { rows } = await this.#pool.query<{ id: number }>(sqlStatement('ended-task-ids'), [
        pipeline,
        state,
        after,
        tasksOfOneRetry,
      ])
      const last = rows.at(-1)
      if (last === undefined) return count
      after = last.id
      count += (await this.retry(rows.map(({ id }) => id))).length
    }
  }
}

type UnitRow = { readonly id: number; readonly unit: string }

async function idsOfUnits(
  client: pg.Pool | pg.PoolClient,
  pipeline: string,
  units: readonly string[],
): Promise<ReadonlyMap<string, number>> {
  const { rows } = await client.query<UnitRow>(sqlStatement('ids-of-units'), [pipeline, units])
  return idsOf(rows)
}

const idsOf = (rows: readonly UnitRow[]): ReadonlyMap<string, number> =>
  new Map(rows.map(({ unit, id }) => [unit, id]))
