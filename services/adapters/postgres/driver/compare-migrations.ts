import type pg from 'pg'
import { readMigrations } from '../sql-file.ts'

/**
 * Compares the migrations of this program with those of the database.
 *
 * @returns whether this program is older or newer
 */
export async function compareMigrations(
  pool: pg.Pool,
  table: string,
): Promise<'older' | 'equal' | 'newer'> {
  const { rows } = await pool.query<{ name: string }>('SELECT name FROM schema_migration')
  const present = new Set(rows.map(({ name }) => name))
  const own = readMigrations(table).map(({ name }) => name)
  if (own.some((name) => !present.has(name))) return 'newer'
  return present.size > own.length ? 'older' : 'equal'
}
