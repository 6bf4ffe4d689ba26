import type pg from 'pg'
import type { JsonRow } from '../../../../ledger/tasks/task.ts'
import type { PreparedSettlement } from './prepare-settlement.ts'
import type { WrittenTable } from './target-tables.ts'
import { emptyTables, writeRows } from './write-rows.ts'

/** Rows of the same table and fields are written together. */
export async function writeEffects(
  client: pg.PoolClient,
  open: readonly PreparedSettlement[],
): Promise<void> {
  const [first] = open
  if (first?.effects.isSeparate === true) return writeSeparately(client, first)
  const byTable = new Map<string, { table: WrittenTable; rows: JsonRow[] }>()
  for (const { effects } of open) {
    const known = new Map(effects.tables.map((table) => [table.name, table]))
    for await (const part of effects.parts()) {
      const table = known.get(part.table) as WrittenTable
      const key = JSON.stringify([table.name, table.fields, table.key, table.onConflict])
      const found = byTable.get(key) ?? { table, rows: [] }
      byTable.set(key, found)
      for (const row of part.rows) found.rows.push(row)
    }
  }
  // All transactions write tables in the same order.
  const sorted = [...byTable].sort(([left], [right]) => (left < right ? -1 : 1))
  for (const [, { table, rows }] of sorted) await writeRows(client, table, rows)
}

async function writeSeparately(
  client: pg.PoolClient,
  { effects }: PreparedSettlement,
): Promise<void> {
  const tables = new Map(effects.tables.map((table) => [table.name, table]))
  await emptyTables(
    client,
    effects.tables.filter(({ isRefreshed }) => isRefreshed),
  )
  for await (const { table, rows } of effects.parts()) {
    await writeRows(client, tables.get(table) as WrittenTable, rows)
  }
}
