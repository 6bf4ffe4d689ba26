import type pg from 'pg'
import { toTaskError } from '../../../ledger/tasks/messages.ts'
import type { TaskRules } from '../../../ledger/tasks/settlement.ts'
import { toAttemptEnd, toLogText } from '../../../ledger/tasks/settlement.ts'
import type { ClaimedTask, TaskFault } from '../../../ledger/tasks/task.ts'
import { toStorableText } from '../dead-letters/insert-dead-letters.ts'
import { inTransaction } from '../driver/connection.ts'
import { sqlStatement } from '../sql-file.ts'
import { endAttempts } from './settling/end-attempts.ts'
import { insertOutbox } from './outbox-store.ts'

/** How many tasks of a pipeline a worker wants. */
export type ClaimLimit = {
  readonly name: string
  readonly limit: number
  /** Only tasks of these handlers; undefined: all. */
  readonly methods?: readonly string[] | undefined
}

export type Claim = {
  /** The id of the worker. */
  readonly worker: number
  readonly pipelines: readonly ClaimLimit[]
  /** The lease ends after this time, unless it is renewed. */
  readonly leaseMs: number
}

/** A running task, as its worker reports it. */
export type RunningTask = Pick<ClaimedTask, 'id' | 'attempt'> & {
  /** From 0 to 1; undefined: unchanged. */
  readonly progress?: number | undefined
  /** Its last log lines; undefined: unchanged. */
  readonly logLines?: readonly string[] | undefined
}

export type Renewal = {
  /** Tasks that this worker no longer holds: stop them. */
  readonly lost: readonly number[]
  /** Attempts to end: a user asks to cancel their tasks, or they are settled already. */
  readonly cancelRequested: readonly number[]
}

type ClaimedRow = Pick<
  ClaimedTask,
  'id' | 'pipeline' | 'unit' | 'method' | 'params' | 'attempt'
> & {
  readonly transaction_key: string | null
  readonly run_after_ms: number
  readonly made_at_ms: number
}
type HeldRow = {
  readonly id: number
  readonly is_cancel_requested: boolean
  readonly is_settled: boolean
}
type LostRow = ClaimedRow & { readonly worker: number; readonly counted: number }

/** A task that was taken from a lost worker. */
export type LostTask = {
  readonly task: ClaimedTask
  /** The worker that was lost. */
  readonly worker: number
  readonly state: 'queued' | 'failed' | 'canceled'
}

/** Claims tasks for a worker, and keeps them while they run. */
export class ClaimStore {
  readonly #pool: pg.Pool

  /** @param pool connections that settlements do not use, so that leases are renewed in time */
  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Claims queued tasks. Those that have been due for longest come first. */
  async claim({ worker, pipelines, leaseMs }: Claim): Promise<ClaimedTask[]> {
    const wanted = pipelines.filter(({ limit }) => limit > 0)
    if (wanted.length === 0) return []
    const names = wanted.map(({ name }) => name)
    const limits = wanted.map(({ limit }) => limit)
    const methods = wanted.map((each) => each.methods && JSON.stringify(each.methods))
    const { rows } = await this.#pool.query<ClaimedRow>({
      ...{ name: 'claim-tasks', text: sqlStatement('claim-tasks') },
      values: [worker, names, limits, leaseMs, methods],
    })
    return rows.sort(byDueTime).map(toClaimed)
  }

  /** Extends the leases of running tasks, and stores their progress and log lines. */
  async renew(worker: number, tasks: readonly RunningTask[], leaseMs: number): Promise<Renewal> {
    if (tasks.length === 0) return { lost: [], cancelRequested: [] }
    const ids = tasks.map(({ id }) => id)
    const attempts = tasks.map(({ attempt }) => attempt)
    const progress = tasks.map((task) => task.progress ?? null)
    await this.#pool.query(sqlStatement('renew-leases'), [worker, ids, attempts, progress, leaseMs])
    const { rows } = await this.#pool.query<HeldRow>(sqlStatement('held-tasks'), [
      ...[worker, ids, attempts],
    ])
    const held = new Map(rows.map((row) => [row.id, row]))
    await storeLogs(
      this.#pool,
      tasks.filter(({ id }) => held.get(id)?.is_settled === false),
    )
    const toEnd = rows.filter((row) => row.is_cancel_requested || row.is_settled)
    return {
      lost: ids.filter((id) => !held.has(id)),
      cancelRequested: toEnd.map(({ id }) => id),
    }
  }

  /**
   * Takes back the tasks whose leases have ended: they are queued again, or fail as `worker-lost` if no
   * attempts are left. Ends the sessions that still settle them.
   *
   * @param rules of the pipelines, by name; tasks of other pipelines stay as they are
   */
  async takeBackLost(rules: ReadonlyMap<string, TaskRules>): Promise<LostTask[]> {
    const names = [...rules.keys()]
    await this.#pool.query(sqlStatement('end-expired-settlements'), [names])
    return inTransaction(this.#pool, async (client) => {
      const { rows } = await client.query<LostRow>(sqlStatement('lost-tasks'), [names])
      if (rows.length === 0) return []
      const at = new Date()
      const ends = rows.map((row) => {
        const fault = lostFault(row)
        const retry = rulesOf(rules, row).retry
        const end = toAttemptEnd({ kind: 'failed', fault }, retry, row.counted)
        return {
          ...end,
          fault,
          row,
          rows: null,
          id: row.id,
          worker: row.worker,
          attempt: row.attempt,
        }
      })
      const states = await endAttempts(client, ends)
      const errors = ends.flatMap(({ row, fault }) => {
        const { errors: topic, topic: source = null } = rulesOf(rules, row)
        if (topic === undefined || states.get(row.id) !== 'failed') return []
        return [toTaskError(topic, toClaimed(row), { fault, source, at, worker: row.worker })]
      })
      await insertOutbox(client, errors)
      await client.query(sqlStatement('notify-queued'))
      return rows.map((row) => {
        const state = (states.get(row.id) ?? 'queued') as LostTask['state']
        return { task: toClaimed(row), worker: row.worker, state }
      })
    })
  }
}

/** Stores the last log lines of tasks. */
export async function storeLogs(
  client: pg.Pool | pg.PoolClient,
  tasks: readonly Pick<RunningTask, 'id' | 'logLines'>[],
): Promise<void> {
  for (const statement of logStatements(tasks)) await client.query(statement)
}

/** One statement, or none if no task has log lines to store. */
export function logStatements(
  tasks: readonly Pick<RunningTask, 'id' | 'logLines'>[],
): pg.QueryConfig[] {
  const changed = tasks.flatMap(({ id, logLines }) =>
    logLines === undefined ? [] : [{ id, text: toStorableText(toLogText(logLines)) }],
  )
  if (changed.length === 0) return []
  const values = [changed.map(({ id }) => id), changed.map(({ text }) => text)]
  return [{ text: sqlStatement('store-task-logs'), values }]
}

function rulesOf(rules: ReadonlyMap<string, TaskRules>, { pipeline }: LostRow): TaskRules {
  const found = rules.get(pipeline)
  if (found === undefined) throw new Error(`There are no rules for the pipeline ${pipeline}.`)
  return found
}

function lostFault({ worker, attempt }: LostRow): TaskFault {
  const message = `Worker ${worker} stopped reporting while it ran attempt ${attempt}.`
  return { code: 'worker-lost', message, stack: undefined }
}

function byDueTime(left: ClaimedRow, right: ClaimedRow): number {
  return left.run_after_ms - right.run_after_ms || left.id - right.id
}

function toClaimed(row: ClaimedRow): ClaimedTask {
  const { id, pipeline, unit, method, params, attempt } = row
  const { transaction_key: transactionKey } = row
  return {
    id,
    pipeline,
    unit,
    method,
    params,
    attempt,
    transactionKey,
    madeAt: new Date(row.made_at_ms),
  }
}
