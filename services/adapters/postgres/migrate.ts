import type pg from 'pg'
import type { ReadingField } from '../../telemetry/fields.ts'
import { rangeInWords, readingFields } from '../../telemetry/fields.ts'
import { onOneConnection } from './connection.ts'
import { roles } from './settings.ts'
import { readMigrations } from './sql-file.ts'

/** The one number under which all provisioning of a database waits for its turn. */
const provisionLock = 7_243_001

/** The database holds its readings in another table than the configuration says. */
export class TableNameError extends Error {
  readonly code = 'TABLE_NAME'
  constructor(present: string, wanted: string) {
    super(
      `The database holds its readings in the table "${present}", postgres.table says "${wanted}": set it back, or start with an empty database.`,
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
  return onOneConnection(pool, async (client, discard) => {
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
 * Applies the migrations that the database does not have yet, each in a transaction of its own.
 *
 * @returns the names of those applied now
 * @throws TableNameError where the table of readings had another name when they were first applied
 */
export async function migrate(client: pg.PoolClient, table: string): Promise<string[]> {
  await client.query(
    `CREATE TABLE IF NOT EXISTS schema_migration (
       number integer PRIMARY KEY, name text NOT NULL, readings_table text NOT NULL,
       applied_at timestamptz NOT NULL DEFAULT now())`,
  )
  const { rows } = await client.query<{ number: number; readings_table: string }>(
    'SELECT number, readings_table FROM schema_migration',
  )
  const otherName = rows.find((row) => row.readings_table !== table)
  if (otherName) throw new TableNameError(otherName.readings_table, table)
  const present = new Set(rows.map((row) => row.number))
  const missing = readMigrations(table).filter(({ number }) => !present.has(number))
  for (const { number, name, text } of missing) {
    await client.query('BEGIN')
    await client.query(text)
    await client.query(
      'INSERT INTO schema_migration (number, name, readings_table) VALUES ($1, $2, $3)',
      [number, name, table],
    )
    await client.query('COMMIT')
  }
  return missing.map(({ name }) => name)
}

const ownColumns = [
  { column: 'received_at', comment: 'When the producer received the reading' },
  { column: 'stored_at', comment: 'When the row was stored' },
]

/** The view that has the columns of the table of readings. */
const latestPosition = 'latest_position'

/** Writes what each column holds, its unit and its VSS path, from the table of fields. */
export async function commentColumns(client: pg.PoolClient, table: string): Promise<void> {
  const comments = [
    ...readingFields.map((field) => ({ column: field.column, comment: commentOf(field) })),
    ...ownColumns,
  ]
  const statements = [table, latestPosition].flatMap((relation) =>
    comments.map(
      ({ column, comment }) =>
        `COMMENT ON COLUMN "${relation}".${column} IS ${client.escapeLiteral(comment)}`,
    ),
  )
  await client.query(statements.join(';\n'))
}

function commentOf(field: ReadingField): string {
  const range = 'unit' in field ? ` Range ${rangeInWords(field)}.` : ''
  const vss = field.vss === undefined ? '' : ` VSS: ${field.vss}.`
  return `${field.description}${range}${vss}`
}
