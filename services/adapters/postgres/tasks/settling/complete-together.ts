import type pg from 'pg'
import { toArrayText } from '../../driver/array-text.ts'
import type { TransactionOptions } from '../../driver/connection.ts'
import { commitTogether } from '../../driver/connection.ts'
import { sqlStatement } from '../../sql-file.ts'
import { logStatements } from '../claim-store.ts'
import { outboxStatements } from '../outbox-store.ts'
import { TasksMovedError } from './fence.ts'
import type { PreparedSettlement } from './prepare-settlement.ts'
import { effectStatements } from './write-effects.ts'

/** The SQLSTATE of the function `require_rows` of the database. */
const rowsMissing = 'RR001'

/**
 * Settles attempts that are all complete, in two round trips. The last statement before COMMIT fails if the worker
 * does not hold all of the tasks: then nothing is stored.
 *
 * @param pool its connections are pipelined
 * @throws TasksMovedError
 */
export async function completeTogether(
  pool: pg.Pool,
  worker: number,
  {
    group,
    options,
  }: { readonly group: readonly PreparedSettlement[]; readonly options: TransactionOptions },
): Promise<void> {
  // All statements exist before the first one is sent: COMMIT is sent with them.
  const statements = [
    showWorker(worker),
    ...effectStatements(group),
    ...outboxStatements(group.flatMap(({ effects }) => effects.messages)),
    ...logStatements(group.map(({ task, logLines }) => ({ id: task.id, logLines }))),
    complete(worker, group),
  ]
  try {
    await commitTogether(pool, statements, options)
  } catch (error) {
    if ((error as { code?: unknown }).code !== rowsMissing) throw error
    throw new TasksMovedError('Some of the tasks changed meanwhile.', { cause: error })
  }
}

/** Shows other workers that this worker settles tasks. */
const showWorker = (worker: number): pg.QueryConfig => ({
  ...{ name: 'show-worker', text: sqlStatement('show-worker') },
  values: [worker],
})

const complete = (worker: number, group: readonly PreparedSettlement[]): pg.QueryConfig => ({
  ...{ name: 'complete-together', text: sqlStatement('complete-together') },
  values: [
    worker,
    toArrayText(group.map(({ task }) => task.id)),
    toArrayText(group.map(({ task }) => task.attempt)),
    toArrayText(group.map(({ effects }) => effects.rows)),
    group.length,
  ],
})
