import pg from 'pg'
import type { TargetTable } from '../../../ledger/tasks/target.ts'
import { sqlStatement } from '../sql-file.ts'
import type { Span } from './replace-rows.ts'
import { lockWindow, replaceRows } from './replace-rows.ts'
import { toRefusal } from './step-refusal.ts'
import { relationOf } from './window-table.ts'

/** What became of a step: rows that were written, or why the database refused it, as a sentence. */
export type StepOutcome =
  | { readonly kind: 'written'; readonly rows: number }
  | { readonly kind: 'refused'; readonly message: string }

export type SqlStep = Span & {
  /** One SELECT with `$1` and `$2`, or one CALL. */
  readonly text: string
  /** Where the rows of a SELECT go; undefined for a CALL. */
  readonly target: TargetTable | undefined
}

export type WindowRows = Span & {
  /** A table that exists. */
  readonly table: TargetTable
  /** The columns that the rows have. */
  readonly fields: readonly string[]
  /** The text of a JSON array of objects. */
  readonly rows: string
}

/**
 * Runs the SQL of a scheduled pipeline for a window, and replaces the rows of the window in its table.
 * After a refusal the transaction goes on without the effects of the step.
 *
 * @param client a connection in a transaction
 * @throws an error that means an outage; the transaction must end then
 */
export async function runSqlStep(client: pg.PoolClient, step: SqlStep): Promise<StepOutcome> {
  const { target, from, to } = step
  if (target === undefined)
    return orRefused(client, async () => {
      await client.query(step.text, [from, to])
      return 0
    })
  let isPrepared = false
  /** A prepared statement outlives its transaction, and cannot be removed after an error in it. */
  const deallocate = async (): Promise<void> => {
    if (isPrepared) await client.query(sqlStatement('deallocate-step'))
  }
  const replace = async (): Promise<number> => {
    await lockWindow(client, target, step)
    await client.query(sqlStatement('prepare-step', { step: step.text }))
    isPrepared = true
    const [begin, end] = [from, to].map((at) => pg.escapeLiteral(at.toISOString()))
    await client.query(sqlStatement('create-window-rows', { from: `${begin}`, to: `${end}` }))
    return replaceRows(client, target, step)
  }
  return orRefused(client, replace, deallocate)
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
    await client.query(sqlStatement('fill-window-rows', { columns, relation }), [rows])
    return replaceRows(client, table, span)
  })
}

/** @param release runs after the work, whether it was done or refused */
async function orRefused(
  client: pg.PoolClient,
  work: () => Promise<number>,
  release: () => Promise<void> = () => Promise.resolve(),
): Promise<StepOutcome> {
  await client.query('SAVEPOINT window_step')
  try {
    const rows = await work()
    await release()
    await client.query('RELEASE SAVEPOINT window_step')
    return { kind: 'written', rows }
  } catch (error) {
    await client.query('ROLLBACK TO SAVEPOINT window_step')
    await release()
    const message = toRefusal(error)
    if (message === undefined) throw error
    return { kind: 'refused', message }
  }
}
