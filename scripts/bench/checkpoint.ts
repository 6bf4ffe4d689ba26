import type pg from 'pg'

/**
 * Writes what was changed to the disk of Postgres, so that it does not disturb a measurement. Nothing on a server on
 * which the owner may not do it.
 */
export async function checkpoint(pool: pg.Pool): Promise<void> {
  const { rows } = await pool.query<{ allowed: boolean }>(
    `SELECT pg_has_role('pg_checkpoint', 'USAGE') AS allowed`,
  )
  if (rows[0]?.allowed === true) await pool.query('CHECKPOINT')
}
