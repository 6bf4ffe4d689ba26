import pg from 'pg'
import { toExactJson } from '../../../../ledger/tasks/exact-number.ts'
import type { ClaimedTask, JsonRow } from '../../../../ledger/tasks/task.ts'
import { refreshOrderOf } from '../../../../ledger/tasks/window-of-task.ts'
import { sqlStatement } from '../../sql-file.ts'
import type { WrittenTable } from './target-tables.ts'

/** Characters of the JSON of one statement. A larger row gets a statement for itself. */
const maxStatementLength = 1024 * 1024

/** Adds rows to a table by its conflict rule. They are converted from JSON by the database, with all digits. */
export async function writeRows(
  client: pg.PoolClient,
  table: WrittenTable,
  rows: readonly JsonRow[],
): Promise<void> {
  for (const statement of insertStatements(table, rows)) await client.query(statement)
}

/** The statements of `writeRows`. */
export function* insertStatements(
  table: WrittenTable,
  rows: readonly JsonRow[],
): Generator<pg.QueryConfig, void> {
  const text = insertText(table)
  const toStatement = (texts: readonly string[]) => ({ text, values: [`[${texts.join(',')}]`] })
  let texts: string[] = []
  let length = 0
  for (const row of rows) {
    const json = toExactJson(row)
    if (texts.length > 0 && length + json.length > maxStatementLength) {
      yield toStatement(texts)
      texts = []
      length = 0
    }
    texts.push(json)
    length += json.length
  }
  if (texts.length > 0) yield toStatement(texts)
}

/**
 * Deletes the rows of the tables. Other tasks that do the same wait until the transaction ends. A run of a
 * schedule does not change a table that a run of a later window has replaced, or a later run of the same window. Runs
 * can end in another order than they were made, and a window can be computed again after late rows.
 *
 * @returns the names of the tables that were not changed
 */
export async function emptyTables(
  client: pg.PoolClient,
  task: Pick<ClaimedTask, 'pipeline' | 'id' | 'unit' | 'params'>,
  tables: readonly WrittenTable[],
): Promise<ReadonlySet<string>> {
  if (tables.length === 0) return new Set()
  const names = tables.map(({ name }) => name).sort()
  await client.query(sqlStatement('lock-refreshes'), [names])
  const { source, task: id, windowFrom } = refreshOrderOf(task)
  const recorded = await client.query<{ name: string }>(sqlStatement('record-refreshes'), [
    ...[task.pipeline, id, names, source, windowFrom?.toISOString() ?? null],
  ])
  const newest = new Set(recorded.rows.map(({ name }) => name))
  const left = new Set(names.filter((name) => !newest.has(name)))
  for (const table of tables) {
    if (left.has(table.name)) continue
    await client.query(sqlStatement('empty-table', { relation: relationOf(table) }))
  }
  return left
}

/** Takes the locks for writing rows. Fails at once with SQLSTATE 55P03 if another session has locked a table. */
export async function lockTables(
  client: pg.PoolClient,
  tables: readonly WrittenTable[],
): Promise<void> {
  for (const table of tables) {
    await client.query(sqlStatement('lock-target', { relation: relationOf(table) }))
  }
}

function insertText(table: WrittenTable): string {
  const { fields, key, onConflict } = table
  const relation = relationOf(table)
  const list = (names: readonly string[], prefix = ''): string =>
    names.map((name) => prefix + pg.escapeIdentifier(name)).join(', ')
  if (fields.length === 0) return sqlStatement('insert-default-rows', { relation })
  if (key.length === 0) return sqlStatement('insert-rows', { relation, columns: list(fields) })
  const changed = fields.filter((field) => !key.includes(field))
  const isKept = onConflict.kind === 'keep' || changed.length === 0
  const assignments = changed.map(pg.escapeIdentifier).map((name) => `${name} = excluded.${name}`)
  return sqlStatement('insert-keyed-rows', {
    ...{ relation, columns: list(fields), key: list(key) },
    'row-columns': list(fields, 'result_row.'),
    'row-key': list(key, 'result_row.'),
    direction: isKept ? 'ASC' : 'DESC',
    'on-conflict': isKept ? 'DO NOTHING' : `DO UPDATE SET ${assignments.join(', ')}`,
  })
}

function relationOf({ name }: WrittenTable): string {
  return `data.${pg.escapeIdentifier(name)}`
}
