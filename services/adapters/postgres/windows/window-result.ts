import type pg from 'pg'
import { toExactJson } from '../../../ledger/tasks/exact-number.ts'
import { partsOf } from '../../../ledger/tasks/result-parts.ts'
import { ResultTables } from '../../../ledger/tasks/result-tables.ts'
import type { TargetTable } from '../../../ledger/tasks/target.ts'
import type { TaskFault, TaskResult } from '../../../ledger/tasks/task.ts'
import { columnsOfTable } from '../pipelines/pipeline-store.ts'
import type { Span } from './replace-rows.ts'
import type { StepOutcome } from './window-step.ts'
import { replaceWindow } from './window-step.ts'
import { relationOf } from './window-table.ts'
import { fault, TargetTables } from '../tasks/settling/target-tables.ts'

/** Characters of the JSON of one statement. */
const maxTextLength = 1024 * 1024

/** Replaces the rows of a window in the transaction of the client. */
export type WindowResult = (client: pg.PoolClient, span: Span) => Promise<StepOutcome>

/**
 * Finds out how the rows of a handler become those of a window. Creates the table if it is missing. The
 * rows are read again when they are written, so that a large result is never in memory as a whole.
 *
 * @param result must not be disposed before the window is written
 * @returns what is wrong with the result, otherwise the work for the transaction that settles the task
 * @throws UnreadableResult, also from the work
 */
export async function toWindowResult(
  pool: pg.Pool,
  { pipeline, table }: { readonly pipeline: string; readonly table: TargetTable },
  result: TaskResult,
): Promise<WindowResult | TaskFault> {
  const found = new ResultTables()
  for await (const part of partsOf(result)) found.add(part)
  const targets = new TargetTables(pool)
  for (const each of found.list()) {
    if (each.isRefreshed)
      return fault(
        'The result has "refresh": true, but the rows of a scheduled pipeline replace those of the window. Return "refresh": false.',
      )
    const checked = await targets.check(pipeline, { kind: 'table', table }, each)
    if ('code' in checked) return checked
    if (result.rowCount === 0) continue
    const { fields } = checked
    return (client, span) =>
      replaceWindow(client, { table, fields, rows: textsOf(result), ...span })
  }
  return (client, span) => removeWindow(client, table, span)
}

/** The rows as JSON arrays of about 1 MiB. A larger row is alone in its array. */
async function* textsOf(result: TaskResult): AsyncGenerator<string, void> {
  let texts: string[] = []
  let length = 0
  for await (const { rows } of partsOf(result)) {
    for (const row of rows) {
      const json = toExactJson(row)
      if (texts.length > 0 && length + json.length > maxTextLength) {
        yield `[${texts.join(',')}]`
        texts = []
        length = 0
      }
      texts.push(json)
      length += json.length
    }
  }
  if (texts.length > 0) yield `[${texts.join(',')}]`
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
  return replaceWindow(client, { table, fields, rows: [], ...span })
}
