import type pg from 'pg'
import { toExactJson } from '../../../ledger/tasks/exact-number.ts'
import { ResultTables } from '../../../ledger/tasks/result-tables.ts'
import type { TargetTable } from '../../../ledger/tasks/target.ts'
import type { JsonRow, TaskFault, TaskResult } from '../../../ledger/tasks/task.ts'
import { columnsOfTable } from '../pipelines/pipeline-store.ts'
import type { Span } from './replace-rows.ts'
import type { StepOutcome } from './window-step.ts'
import { replaceWindow } from './window-step.ts'
import { relationOf } from './window-table.ts'
import { fault, TargetTables } from '../tasks/settling/target-tables.ts'

/** Replaces the rows of a window in the transaction of the client. */
export type WindowResult = (client: pg.PoolClient, span: Span) => Promise<StepOutcome>

/**
 * Finds out how the rows of a handler become those of a window. Creates the table if it is missing.
 *
 * @returns what is wrong with the result, otherwise the work for the transaction that settles the task
 */
export async function toWindowResult(
  pool: pg.Pool,
  { pipeline, table }: { readonly pipeline: string; readonly table: TargetTable },
  result: TaskResult,
): Promise<WindowResult | TaskFault> {
  const found = new ResultTables()
  const rows: JsonRow[] = []
  for await (const part of result.parts()) {
    found.add(part)
    for (const row of part.rows) rows.push(row)
  }
  const targets = new TargetTables(pool)
  for (const each of found.list()) {
    if (each.isRefreshed)
      return fault(
        'The result has "refresh": true, but the rows of a scheduled pipeline replace those of the window. Return "refresh": false.',
      )
    const checked = await targets.check(pipeline, { kind: 'table', table }, each)
    if ('code' in checked) return checked
    if (rows.length === 0) continue
    const { fields } = checked
    const json = `[${rows.map(toExactJson).join(',')}]`
    return (client, span) => replaceWindow(client, { table, fields, rows: json, ...span })
  }
  return (client, span) => removeWindow(client, table, span)
}

/** For a window without rows. */
async function removeWindow(
  client: pg.PoolClient,
  table: TargetTable,
  span: Span,
): Promise<StepOutcome> {
  const columns = [...(await columnsOfTable(client, relationOf(table))).keys()]
  if (columns.length === 0) return { kind: 'written', rows: 0 }
  const fields = table.key.length > 0 ? table.key : columns.slice(0, 1)
  return replaceWindow(client, { table, fields, rows: '[]', ...span })
}
