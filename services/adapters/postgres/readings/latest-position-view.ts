import type pg from 'pg'
import { sqlStatement } from '../sql-file.ts'

/** A view with the columns of the table of readings. */
export const latestPosition = 'latest_position'

/**
 * Adds the new columns of the table of readings to the view: Postgres fixes the columns of
 * `SELECT *` when a view is created. Changes nothing if the columns are the same.
 */
export async function updateLatestPositionView(
  client: pg.PoolClient,
  table: string,
): Promise<void> {
  const [ofTable, ofView] = [
    await columnsOf(client, table),
    await columnsOf(client, latestPosition),
  ]
  if (ofTable.length === ofView.length) return
  await client.query(sqlStatement('replace-latest-position', { table }))
}

async function columnsOf(client: pg.PoolClient, relation: string): Promise<string[]> {
  const { rows } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute
     WHERE attrelid = to_regclass(quote_ident($1)) AND attnum > 0 AND NOT attisdropped`,
    [relation],
  )
  return rows.map(({ name }) => name)
}
