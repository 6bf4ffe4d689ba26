import type pg from 'pg'
import type { ClaimedTask } from '../../../ledger/tasks/task.ts'
import type { Window } from '../../../ledger/tasks/window.ts'
import { windowOfParams } from '../../../ledger/tasks/window-of-task.ts'
import { sqlStatement } from '../sql-file.ts'

/**
 * A window can have several tasks: its first run, and those that compute it again after late rows. The
 * tables may change between two of them, so the order in which they commit matters.
 */
export type RunOfWindow = { readonly task: ClaimedTask; readonly window: Window }

/**
 * Waits until no other transaction settles a task of the same window. Call it first, so that later
 * statements of the transaction see what the other one has committed.
 *
 * @param client a connection in a transaction
 */
export async function lockRuns(
  client: pg.PoolClient,
  { task, window }: RunOfWindow,
): Promise<void> {
  const [from, to] = [window.fromMs, window.toMs].map((ms) => new Date(ms).toISOString())
  await client.query(sqlStatement('lock-window'), [`run ${task.pipeline} ${from} ${to}`])
}

/**
 * Ends running tasks of the same window whose attempts began before this one: their rows were computed
 * from an older view of the tables, and would replace newer ones. They are complete without rows.
 *
 * @param client a transaction that has called `lockRuns`
 */
export async function endEarlierRuns(
  client: pg.PoolClient,
  { task, window }: RunOfWindow,
): Promise<void> {
  const { rows } = await client.query<RunningRow>(sqlStatement('earlier-runs'), [
    ...[task.pipeline, task.id],
  ])
  const same = rows.filter(({ params }) => isEqual(windowOfParams(params), window))
  if (same.length === 0) return
  await client.query(sqlStatement('end-earlier-runs'), [
    same.map(({ id }) => id),
    same.map(({ attempt }) => attempt),
  ])
}

type RunningRow = Pick<ClaimedTask, 'id' | 'attempt' | 'params'>

const isEqual = (left: Window | undefined, right: Window): boolean =>
  left?.fromMs === right.fromMs && left.toMs === right.toMs
