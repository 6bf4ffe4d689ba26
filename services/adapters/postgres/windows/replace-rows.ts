import pg from 'pg'
import type { TargetTable } from '../../../ledger/tasks/target.ts'
import { sqlStatement } from '../sql-file.ts'
import { ensureWindowTable, relationOf } from './window-table.ts'

export type Span = { readonly from: Date; readonly to: Date }

/** Waits until no other transaction replaces the same window of the table. */
export async function lockWindow(
  client: pg.PoolClient,
  { name }: TargetTable,
  { from, to }: Span,
): Promise<void> {
  await client.query(sqlStatement('lock-window'), [
    `${name} ${from.toISOString()} ${to.toISOString()}`,
  ])
}

/**
 * Replaces the rows of a window with those in the temporary table `window_rows`. A row with the key of a
 * row of another window moves to this window, except with `keep`.
 *
 * @returns the number of rows in `window_rows`
 */
export async function replaceRows(
  client: pg.PoolClient,
  target: TargetTable,
  { from, to }: Span,
): Promise<number> {
  const names = await ensureWindowTable(client, target)
  const relation = relationOf(target)
  const columns = names.map(pg.escapeIdentifier).join(', ')
  const span = [from, to]
  if (target.key.length === 0) {
    await client.query(sqlStatement('delete-window-rows', { relation }), span)
    await client.query(sqlStatement('add-window-rows', { relation, columns }), span)
  } else {
    const sameKey = target.key
      .map(pg.escapeIdentifier)
      .map((name) => `result.${name} = present.${name}`)
      .join(' AND ')
    await client.query(
      sqlStatement('delete-other-window-rows', { relation, 'same-key': sameKey }),
      span,
    )
    await client.query(mergeStatement(target, names), span)
  }
  const { rows } = await client.query<{ count: number }>(sqlStatement('count-window-rows'))
  return rows[0]?.count ?? 0
}

function mergeStatement(target: TargetTable, names: readonly string[]): string {
  const written = [...names, '_window_from', '_window_to'].map(pg.escapeIdentifier)
  const rowOf = (table: string) =>
    `ROW(${written.map((name) => `${table}.${name}`).join(', ')})::record`
  // Compares the stored bytes, because some types have no operator "=", e.g. json.
  const isChanged = `${rowOf('present')} OPERATOR(pg_catalog.*<>) ${rowOf('excluded')}`
  const ofThisWindow = 'present._window_from = $1 AND present._window_to = $2'
  return sqlStatement('merge-window-rows', {
    relation: relationOf(target),
    columns: names.map(pg.escapeIdentifier).join(', '),
    key: target.key.map(pg.escapeIdentifier).join(', '),
    assignments: written.map((name) => `${name} = excluded.${name}`).join(', '),
    condition: target.onConflict.kind === 'keep' ? `${ofThisWindow} AND ${isChanged}` : isChanged,
  })
}
