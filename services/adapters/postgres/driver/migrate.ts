import type pg from 'pg'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import { withConnection } from './connection.ts'
import { toPostgresFault } from './errors.ts'
import { roles } from './settings.ts'
import type { Migration } from '../sql-file.ts'
import { readMigrations } from '../sql-file.ts'
import { columnComment, quote } from '../tables/table-statements.ts'
import { retryWhileLocked } from './retry-while-locked.ts'

/** The number of the advisory lock that allows only one provisioning of a database at a time. */
const provisionLock = 7_243_001

/** The table of readings in the database has another name than in the configuration. */
export class TableNameError extends Error {
  readonly code = 'TABLE_NAME'
  constructor(present: string, expected: string) {
    super(
      `The readings are in the table "${present}", but postgres.table is "${expected}". Set it back, or start with an empty database.`,
    )
    this.name = 'TableNameError'
  }
}

/**
 * Runs `work` while no other provisioning of this database runs. The lock belongs to the session
 * and
 * ends with it.
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

/** Creates the database unless it exists. Safe to call several times at the same time. */
export async function ensureDatabase(pool: pg.Pool, database: string): Promise<void> {
  const present = await pool.query('SELECT FROM pg_database WHERE datname = $1', [database])
  if (present.rowCount !== 0) return
  await pool.query(`CREATE DATABASE "${database}"`).catch((error: unknown) => {
    const duplicateDatabase = '42P04'
    if ((error as { code?: unknown }).code !== duplicateDatabase) throw error
  })
}

/** The passwords of the roles that provisioning creates. */
export type RolePasswords = {
  readonly writer: string
  readonly worker: string
  readonly operator: string
  readonly reader: string
}

/** Creates the roles of the services and sets their passwords. */
export async function ensureRoles(client: pg.PoolClient, passwords: RolePasswords): Promise<void> {
  for (const [name, password] of [
    [roles.writer, passwords.writer],
    [roles.worker, passwords.worker],
    [roles.operator, passwords.operator],
    [roles.reader, passwords.reader],
  ] as const) {
    const present = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name])
    const verb = present.rowCount === 0 ? 'CREATE' : 'ALTER'
    await client.query(`${verb} ROLE ${name} LOGIN PASSWORD ${client.escapeLiteral(password)}`)
  }
  const step = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [roles.step])
  if (step.rowCount === 0) await client.query(`CREATE ROLE ${roles.step} NOLOGIN`)
}

/**
 * Applies the missing migrations, each in its own transaction. Services may be running: a migration
 * waits only briefly for a table that they use, and retries after a pause.
 *
 * @returns the names of the migrations that were applied
 * @throws TableNameError if the table of readings had another name at an earlier migration;
 *   Error if another transaction has used a table for about a minute
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
 * Less than the `deadlock_timeout` of the server: if a migration and a service wait for each other,
 * the migration is aborted.
 */
const lockTimeout = '500ms'

/** @returns false if another transaction uses one of the tables; nothing was changed */
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

/** A column that is filled by its default value. */
const storedAt = { name: 'stored_at', comment: 'When the row was stored' }

/**
 * Sets the comment of each column from the schema of the table.
 *
 * @param views views that have the same columns as the table
 */
export async function commentColumns<Row>(
  client: pg.PoolClient,
  { table, columns: declared }: TableSchema<Row>,
  views: readonly string[] = [],
): Promise<void> {
  const columns = [...declared, storedAt]
  const statements = [table, ...views].flatMap((relation) =>
    columns.map((column) => columnComment(quote(relation), column)),
  )
  await client.query(statements.join(';\n'))
}
