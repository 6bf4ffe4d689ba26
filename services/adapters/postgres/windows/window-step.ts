import pg from 'pg'
import type { TargetTable } from '../../../ledger/tasks/target.ts'
import { sqlStatement } from '../sql-file.ts'
import type { Span } from './replace-rows.ts'
import { lockWindow, replaceRows } from './replace-rows.ts'
import { toRefusal } from './step-refusal.ts'
import type { StepStatement } from './step-rights.ts'
import { callWithStepRights, selectWithStepRights } from './step-rights.ts'
import { relationOf } from './window-table.ts'

/** What became of a step: rows that were written, or why the database refused it, as a sentence. */
export type StepOutcome =
  | { readonly kind: 'written'; readonly rows: number }
  | { readonly kind: 'refused'; readonly message: string }

export type SqlStep = StepStatement & {
  /** Where the rows of a SELECT go; undefined for a CALL. */
  readonly target: TargetTable | undefined
}

export type WindowRows = Span & {
  /** A table that exists. */
  readonly table: TargetTable
  /** The columns that the rows have. */
  readonly fields: readonly string[]
  /** Texts of JSON arrays of objects. */
  readonly rows: AsyncIterable<string> | readonly string[]
}

/**
 * Runs the SQL of a scheduled pipeline for a window, and replaces the rows of the window in its table.
 * After a refusal the transaction goes on without the effects of the step. The session may keep prepared
 * statements and locks of the step, so its connection must not be used for another transaction.
 *
 * @param client a connection in a transaction
 * @throws an error that means an outage; the transaction must end then
 */
export async function runSqlStep(client: pg.PoolClient, step: SqlStep): Promise<StepOutcome> {
  const { target } = step
  return orRefused(client, async () => {
    if (target === undefined) {
      await callWithStepRights(client, step)
      return 0
    }
    await lockWindow(client, target, step)
    await selectWithStepRights(client, step)
    return replaceRows(client, target, step)
  })
}

/**
 * Replaces the rows of a window with rows of a handler. The database converts them from JSON.
 *
 * @param client a connection in a transaction
 * @throws an error that means an outage; the transaction must end then
 */
export async function replaceWindow(
  client: pg.PoolClient,
  { table, fields, rows, ...span }: WindowRows,
): Promise<StepOutcome> {
  return orRefused(client, async () => {
    await lockWindow(client, table, span)
    const relation = relationOf(table)
    const columns = fields.map(pg.escapeIdentifier).join(', ')
    await client.query(sqlStatement('read-window-rows', { columns, relation }))
    const fill = sqlStatement('fill-window-rows', { columns, relation })
    for await (const json of rows) await client.query(fill, [json])
    const count = await replaceRows(client, table, span)
    await client.query(sqlStatement('drop-window-rows'))
    return count
  })
}

async function orRefused(client: pg.PoolClient, work: () => Promise<number>): Promise<StepOutcome> {
  await client.query('SAVEPOINT window_step')
  try {
    const rows = await work()
    // A constraint that is checked at the end would make the transaction fail.
    await client.query('SET CONSTRAINTS ALL IMMEDIATE')
    await client.query('RELEASE SAVEPOINT window_step')
    return { kind: 'written', rows }
  } catch (error) {
    await client.query('ROLLBACK TO SAVEPOINT window_step')
    const message = toRefusal(error)
    if (message === undefined) throw error
    return { kind: 'refused', message }
  }
}
