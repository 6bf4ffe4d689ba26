import pg from 'pg'
import type { TargetTable } from '../../../ledger/tasks/target.ts'
import { sqlStatement } from '../sql-file.ts'
import { StepRefusal } from './step-refusal.ts'

/** A column with its type as Postgres names it. */
type Column = { readonly name: string; readonly type: string }

const windowColumns: readonly Column[] = ['_window_from', '_window_to'].map((name) => {
  return { name, type: 'timestamp with time zone' }
})

export const relationOf = ({ name }: TargetTable): string => `data.${pg.escapeIdentifier(name)}`

/**
 * Makes the table of a step ready for the rows in `window_rows`: creates it from their columns, or adds
 * the columns that it does not have.
 *
 * @returns the names of the columns of the rows
 * @throws StepRefusal
 */
export async function ensureWindowTable(
  client: pg.PoolClient,
  target: TargetTable,
): Promise<string[]> {
  const result = await columnsOf(client, 'pg_temp.window_rows')
  const names = result.map(({ name }) => name)
  const missingKey = target.key.find((column) => !names.includes(column))
  if (missingKey !== undefined)
    throw new StepRefusal(
      `The rows have no column "${missingKey}", which is part of the key of the table "${target.name}". Their columns are ${names.join(', ')}.`,
    )
  let present = await columnsOf(client, relationOf(target))
  if (missingIn(present, result).length > 0) {
    // Two workers may find the table or a column missing at the same time.
    await client.query(sqlStatement('lock-window'), [`create ${target.name}`])
    present = await columnsOf(client, relationOf(target))
  }
  if (present.length === 0) await create(client, target)
  else await adapt(client, target, { present, result })
  return names
}

async function columnsOf(client: pg.PoolClient, relation: string): Promise<Column[]> {
  return (await client.query<Column>(sqlStatement('result-columns'), [relation])).rows
}

async function create(client: pg.PoolClient, target: TargetTable): Promise<void> {
  const relation = relationOf(target)
  const key = target.key.map(pg.escapeIdentifier).join(', ')
  const primaryKey = target.key.length === 0 ? '' : `, PRIMARY KEY (${key})`
  await client.query(sqlStatement('create-window-table', { relation, 'primary-key': primaryKey }))
  await finishWindowColumns(client, relation)
}

/** The index finds the rows of a window. */
async function finishWindowColumns(client: pg.PoolClient, relation: string): Promise<void> {
  await client.query(sqlStatement('index-windows', { relation }))
  await client.query(sqlStatement('comment-window-columns', { relation }))
}

type Columns = { readonly present: readonly Column[]; readonly result: readonly Column[] }

async function adapt(
  client: pg.PoolClient,
  target: TargetTable,
  { present, result }: Columns,
): Promise<void> {
  const types = new Map(present.map(({ name, type }) => [name, type]))
  for (const { name, type } of result) {
    const expected = types.get(name)
    if (expected !== undefined && !isStoredUnchanged(type, expected))
      throw new StepRefusal(
        `The column "${name}" of the rows has the type ${type}, but in the table "${target.name}" it has the type ${expected}. Convert it in the statement, or write another table.`,
      )
  }
  const missing = missingIn(present, result)
  if (missing.length === 0) return
  const additions = missing.map(
    ({ name, type }) => `ADD COLUMN ${pg.escapeIdentifier(name)} ${type}`,
  )
  const relation = relationOf(target)
  await client.query(
    sqlStatement('add-result-columns', { relation, additions: additions.join(', ') }),
  )
  if (!types.has('_window_from')) await finishWindowColumns(client, relation)
}

/** The columns that the table must have and does not have. */
function missingIn(present: readonly Column[], result: readonly Column[]): Column[] {
  const names = new Set(present.map(({ name }) => name))
  return [...result, ...windowColumns].filter(({ name }) => !names.has(name))
}

const widths = ['smallint', 'integer', 'bigint', 'numeric']
const texts = ['character varying', 'text']

/** Whether the table holds all values of the type as they are. The limits of a type do not count. */
function isStoredUnchanged(given: string, expected: string): boolean {
  const [from, to] = [given, expected].map((type) => type.replace(/\(.*?\)/, ''))
  if (from === undefined || to === undefined || from === to) return from === to
  if (texts.includes(from) && texts.includes(to)) return true
  return widths.includes(from) && widths.indexOf(from) < widths.indexOf(to)
}
