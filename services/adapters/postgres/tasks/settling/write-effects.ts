import type pg from 'pg'
import type { JsonRow } from '../../../../ledger/tasks/task.ts'
import { OutputWriter } from '../../outputs/write-outputs.ts'
import type { PreparedSettlement } from './prepare-settlement.ts'
import type { WrittenTable } from './target-tables.ts'
import { emptyTables, insertStatements, writeRows } from './write-rows.ts'

/**
 * Rows of the same table and fields are written together. Those for the bucket are written to the table `task_output`.
 *
 * @returns how many rows were not written, because a later run has replaced the content of their tables
 */
export async function writeEffects(
  client: pg.PoolClient,
  open: readonly PreparedSettlement[],
): Promise<number> {
  const [first] = open
  if (open.some(({ effects }) => effects.outputFolder !== undefined))
    await writeOutputs(client, open)
  if (first?.effects.outputFolder !== undefined && first.effects.isSeparate) return 0
  if (first?.effects.isSeparate === true) return writeSeparately(client, first)
  for (const { table, rows } of byTable(open)) await writeRows(client, table, rows)
  return 0
}

async function writeOutputs(
  client: pg.PoolClient,
  open: readonly PreparedSettlement[],
): Promise<void> {
  const writer = new OutputWriter(client)
  for (const { task, effects } of open) {
    const { outputFolder: folder, parts } = effects
    if (folder !== undefined) await writer.write(task, folder, parts())
  }
  await writer.flush()
}

/** The statements that write the rows of small results. */
export const effectStatements = (group: readonly PreparedSettlement[]): pg.QueryConfig[] =>
  byTable(group).flatMap(({ table, rows }) => [...insertStatements(table, rows)])

type TableRows = { readonly table: WrittenTable; readonly rows: JsonRow[] }

/** The rows of small results by table, in the order in which all transactions write tables. */
function byTable(open: readonly PreparedSettlement[]): TableRows[] {
  const found = new Map<string, TableRows>()
  for (const { effects } of open) {
    for (const part of effects.held) {
      const table = effects.tables.find(({ name }) => name === part.table) as WrittenTable
      const ofTable = found.get(table.shape) ?? { table, rows: [] }
      found.set(table.shape, ofTable)
      for (const row of part.rows) ofTable.rows.push(row)
    }
  }
  return [...found].sort(([left], [right]) => (left < right ? -1 : 1)).map(([, ofTable]) => ofTable)
}

async function writeSeparately(
  client: pg.PoolClient,
  { task, effects }: PreparedSettlement,
): Promise<number> {
  const tables = new Map(effects.tables.map((table) => [table.name, table]))
  const refreshed = effects.tables.filter(({ isRefreshed }) => isRefreshed)
  const left = await emptyTables(client, task, refreshed)
  let leftRows = 0
  for await (const { table, rows } of effects.parts()) {
    if (left.has(table)) leftRows += rows.length
    else await writeRows(client, tables.get(table) as WrittenTable, rows)
  }
  return leftRows
}
