import type pg from 'pg'
import type { SettledTask } from '../../../ledger/tasks/settlement.ts'
import { destroyConnection, inTransaction, longTransaction } from '../driver/connection.ts'
import type { RunOfWindow } from './runs-of-window.ts'
import { endEarlierRuns, lockRuns } from './runs-of-window.ts'
import type { StepOutcome } from './window-step.ts'
import {
  endTasks,
  lockTasks,
  stateBefore,
  TasksMovedError,
  toSettled,
} from '../tasks/settling/fence.ts'

/** An attempt whose effects are computed in the transaction that settles it. */
export type StepOrder = Pick<RunOfWindow, 'task'> & {
  /** Undefined if the task has no window. */
  readonly window: RunOfWindow['window'] | undefined
  /** The id of the worker that runs the attempt. */
  readonly worker: number
  /** @param client a connection in a transaction */
  readonly work: (client: pg.PoolClient) => Promise<StepOutcome>
  /** Whether `work` writes rows that were computed before the transaction. */
  readonly isComputedBefore: boolean
  /** Ends the statement that runs, and rolls back the transaction. */
  readonly cancel: AbortSignal
  /** Separate connections to cancel the statement, because steps may hold all connections of the pool. */
  readonly cancelPool: pg.Pool
}

/** The transaction of a step has no other time limit: the signal ends it. */
const longestMs = 2 ** 31 - 1
const cancelIntervalMs = 500
/** A server that does not end the statement is given up after this time. */
const destroyAfterMs = 5_000

/**
 * Runs a step and settles its task as complete, in one transaction. Tasks of the same window are settled
 * one after the other, and never with older rows than the one before. A refused step changes nothing. A
 * task that is settled already keeps its state, so an outage may be answered by a second call.
 *
 * @param pool connections for long transactions
 * @returns what became of the task, or why the database refused the step, as a sentence
 * @throws an error that means an outage, or any error after `cancel` has aborted
 */
export async function settleStep(
  pool: pg.Pool,
  order: StepOrder,
): Promise<SettledTask | { readonly refusal: string }> {
  const { task, window, cancel, cancelPool } = order
  const write = async (client: pg.PoolClient) => {
    const run = window && { task, window }
    if (run) await lockRuns(client, run)
    const before = stateBefore((await lockTasks(client, order.worker, [task])).get(task.id))
    if (before !== undefined) return toSettled(task.id, before)
    const outcome = await order.work(client)
    if (outcome.kind === 'refused') return { refusal: outcome.message }
    order.cancel.throwIfAborted()
    if (run && order.isComputedBefore) await endEarlierRuns(client, run)
    const { id, attempt } = task
    const end = { id, attempt, worker: order.worker, rows: outcome.rows, delayMs: 0 }
    const state = 'complete' as const
    await endTasks(client, order.worker, [{ ...end, state, fault: undefined, isCounted: true }])
    return toSettled(id, state)
  }
  try {
    return await inTransaction(
      pool,
      (client) => untilCanceled({ cancelPool, client, cancel }, () => write(client)),
      { timeoutMs: longestMs, settings: longTransaction },
    )
  } catch (error) {
    if (error instanceof TasksMovedError) return toSettled(task.id, 'stale')
    throw error
  }
}

/**
 * Runs work that the signal ends: the server is asked to cancel its statements until it has ended, as one
 * request may come between two statements.
 */
export async function untilCanceled<T>(
  { cancelPool, client, cancel }: Canceled,
  work: () => Promise<T>,
): Promise<T> {
  cancel.throwIfAborted()
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  const pid = rows[0]?.pid
  let isDone = false
  let request: Promise<unknown> = Promise.resolve()
  const timers: NodeJS.Timeout[] = []
  const ask = (): void => {
    // The request is over before the connection is used for something else.
    request = request.then(() =>
      isDone
        ? undefined
        : cancelPool.query('SELECT pg_cancel_backend($1)', [pid]).catch(() => undefined),
    )
  }
  const begin = (): void => {
    ask()
    timers.push(setInterval(ask, cancelIntervalMs))
    timers.push(
      setTimeout(() => {
        destroyConnection(client)
      }, destroyAfterMs),
    )
  }
  cancel.throwIfAborted()
  cancel.addEventListener('abort', begin)
  try {
    return await work()
  } finally {
    isDone = true
    cancel.removeEventListener('abort', begin)
    for (const timer of timers) clearTimeout(timer)
    await request
  }
}

type Canceled = {
  readonly cancelPool: pg.Pool
  readonly client: pg.PoolClient
  readonly cancel: AbortSignal
}
