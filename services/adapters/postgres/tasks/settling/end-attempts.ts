import type pg from 'pg'
import type { AttemptEnd } from '../../../../ledger/tasks/settlement.ts'
import type { TaskState } from '../../../../ledger/tasks/task.ts'
import { toStorableText } from '../../dead-letters/insert-dead-letters.ts'
import { toArrayText } from '../../driver/array-text.ts'
import { sqlStatement } from '../../sql-file.ts'

/** The end of an attempt of a worker. */
export type EndOfAttempt = AttemptEnd & {
  readonly id: number
  readonly worker: number
  readonly attempt: number
  /** Rows that the task has stored; null unless it is complete. */
  readonly rows: number | null
}

type CompletedAttempt = Pick<EndOfAttempt, 'id' | 'attempt' | 'rows'>

/**
 * Changes the rows of tasks whose attempts have ended.
 *
 * @returns the new states by task; a task that another attempt holds is missing
 */
export async function endAttempts(
  client: pg.PoolClient,
  ends: readonly EndOfAttempt[],
): Promise<ReadonlyMap<number, TaskState>> {
  const { rows } = await client.query<{ id: number; state: TaskState }>({
    ...{ name: 'end-attempts', text: sqlStatement('end-attempts') },
    values: [
      ends.map(({ id }) => id),
      ends.map(({ worker }) => worker),
      ends.map(({ attempt }) => attempt),
      ends.map(({ state }) => state),
      ends.map(({ isCounted }) => isCounted),
      ends.map(({ delayMs }) => delayMs),
      ends.map((end) => end.rows),
      ends.map(({ fault }) => fault?.code ?? null),
      ends.map(({ fault }) => (fault === undefined ? null : toStorableText(fault.message))),
    ],
  })
  return new Map(rows.map(({ id, state }) => [id, state]))
}

/**
 * Ends complete attempts of one worker, with a shorter statement. Most attempts are complete.
 *
 * @returns how many tasks the worker still held
 */
export async function completeAttempts(
  client: pg.PoolClient,
  worker: number,
  ends: readonly CompletedAttempt[],
): Promise<number> {
  const { rowCount } = await client.query({
    ...{ name: 'complete-attempts', text: sqlStatement('complete-attempts') },
    values: [
      worker,
      toArrayText(ends.map(({ id }) => id)),
      toArrayText(ends.map(({ attempt }) => attempt)),
      toArrayText(ends.map(({ rows }) => rows)),
    ],
  })
  return rowCount ?? 0
}
