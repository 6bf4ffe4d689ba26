import type pg from 'pg'
import { sqlStatement } from '../sql-file.ts'

/**
 * The life of a declared pipeline: what it writes to its grouped topic has this life. It is read in the
 * transaction that holds the ledger, which a reset deletes.
 */
export async function readLife(client: pg.PoolClient, pipeline: string): Promise<string> {
  const { rows } = await client.query<{ life: string }>(sqlStatement('read-life'), [pipeline])
  if (rows[0] === undefined) throw new Error(`The pipeline ${pipeline} is not declared.`)
  return rows[0].life
}
