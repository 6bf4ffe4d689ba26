import type pg from 'pg'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import { withConnection } from './connection.ts'
import { toPostgresFault } from './errors.ts'
import { roles } from './settings.ts'
import type { Migration } from '../sql-file.ts'
import { readMigrations } from '../sql-file.ts'
import { retryWhileLocked } from './retry-while-locked.ts'

/** The one number under which all provisioning of a database waits for its turn. */
const provisionLock = 7_243_001

/** The database holds its readings in another table than the configuration says. */
export class TableNameError extends Error {
  readonly code = 'TABLE_NAME'
  constructor(present: string, expected: string) {
    super(
      `The database holds its readings in the table "${present}", postgres.table says "${expected}": set it back, or start with an empty database.`,
    )
    this.name = 'TableNameError'
  }
}

/**
 * Runs `work` while no other provisioning of this database runs: the lock is the session's, and
 * goes with it.
 */
export async function withProvisionLock<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return withConnection(pool, async (client, discard) => {
    discard()
    await client.query('SELECT pg_advisory_lock($1)', [provisionLock])
    return work(client)
  })
}

/** Makes the database unless it is there. Several may try at once: one makes it. */
export async function ensureDatabase(pool: pg.Pool, database: string): Promise<void> {
  const present = await pool.query('SELECT FROM pg_database WHERE datname = $1', [database])
  if (present.rowCount !== 0) return
  await pool.query(`CREATE DATABASE "${database}"`).catch((error: unknown) => {
    const duplicateDatabase = '42P04'
    if ((error as { code?: unknown }).code !== duplicateDatabase) throw error
  })
}

/** Makes the roles of the services and sets their passwords. */
export async function ensureRoles(
  client: pg.PoolClient,
  passwords: { readonly writer: string; readonly reader: string },
): Promise<void> {
  for (const [name, password] of [
    [roles.writer, passwords.writer],
    [roles.reader, passwords.reader],
  ] as const) {
    const present = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name])
    const verb = present.rowCount === 0 ? 'CREATE' : 'ALTER'
    await client.query(`${verb} ROLE ${name} LOGIN PASSWORD ${client.escapeLiteral(password)}`)
  }
}

/**
 * Applies the migrations that the database does not have yet, each in its own transaction. Services
 * may be running: a table that they use is waited for briefly, and again after a pause.
 *
 * @returns the names of those applied now
 * @throws TableNameError where the table of readings had another name when they were first applied;
 *   Error where another transaction has been using a table for about a minute
 */
export async function migrate(
  client: pg.PoolClient,
  table: string,
  signal: AbortSignal,
): Promise<string[]> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS schema_migration (
       number integer PRIMARY KEY, name text NOT NULL, readings_table text NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT now())`,
  )
  const { rows } = await client.query<{ number: number; readings_table: string }>(
    'SELECT number, readings_table FROM schema_migration',
  )
  const mismatch = rows.find((row) => row.readings_table !== table)
  if (mismatch) throw new TableNameError(mismatch.readings_table, table)
  const present = new Set(rows.map((row) => row.number))
  const missing = readMigrations(table).filter(({ number }) => !present.has(number))
  for (const migration of missing) {
    const lockedObject = `a table that migration ${migration.name} changes`
    await retryWhileLocked(() => applyUnlessLocked(client, migration, table), {
      lockedObject: lockedObject,
      signal,
    })
  }
  return missing.map(({ name }) => name)
}

/**
 * Less than the server's `deadlock_timeout`: of a migration and a service that wait for each other
 * the migration gives way.
 */
const lockTimeout = '500ms'

/** @returns false where another transaction uses one of the tables: nothing was changed */
async function applyUnlessLocked(
  client: pg.PoolClient,
  { number, name, text }: Migration,
  table: string,
): Promise<boolean> {
  try {
    await client.query(`BEGIN; SET LOCAL lock_timeout = '${lockTimeout}'`)
    await client.query(text)
    await client.query(
      'INSERT INTO schema_migration (number, name, readings_table) VALUES ($1, $2, $3)',
      [number, name, table],
    )
    await client.query('COMMIT')
    return true
  } catch (error) {
    await client.query('ROLLBACK').catch(() => undefined)
    if (toPostgresFault(error) === 'locked') return false
    throw error
  }
}

/** A column that Postgres fills in itself. */
const storedAt = { name: 'stored_at', comment: 'When the row was stored' }

/**
 * Writes what each column holds, from the schema of the table.
 *
 * @param views that have the columns of the table as well
 */
export async function commentColumns<Row>(
  client: pg.PoolClient,
  { table, columns: declared }: TableSchema<Row>,
  views: readonly string[] = [],
): Promise<void> {
  const columns = [...declared, storedAt]
  const statements = [table, ...views].flatMap((relation) =>
    columns.map(
      ({ name, comment }) =>
        `COMMENT ON COLUMN "${relation}"."${name}" IS ${client.escapeLiteral(comment)}`,
    ),
  )
  await client.query(statements.join(';\n'))
}
