import pg from 'pg'
import type { RolePasswords } from '../driver/migrate.ts'
import { ensureRoles } from '../driver/migrate.ts'
import { roles } from '../driver/settings.ts'
import { sqlStatement } from '../sql-file.ts'
import type { ServerFinding } from './needed-rights.ts'
import { serviceRoles } from './server-facts.ts'

/** A server of the user does not allow what the platform needs. A retry does not help. */
export class ServerRightsError extends Error {
  readonly code = 'SERVER_RIGHTS'
  constructor(missing: readonly ServerFinding[]) {
    const lines = missing.map(({ right, remedy = '' }) => `  ${right}: ${remedy}`)
    super(
      `The existing Postgres does not allow what the platform needs. Nothing was made. An administrator of the server can mend it:\n${lines.join('\n')}`,
    )
    this.name = 'ServerRightsError'
  }
}

/** @throws ServerRightsError if something is missing */
export function requireRights(findings: readonly ServerFinding[]): void {
  const missing = findings.filter(({ isAllowed }) => !isAllowed)
  if (missing.length > 0) throw new ServerRightsError(missing)
}

/**
 * Makes the roles of the services if they are not given, and lets them use the database. The owner needs no
 * superuser for it. It may run repeatedly, while no other provisioning runs.
 *
 * @param client a connection of the owner of the database
 */
export async function prepareServer(
  client: pg.PoolClient,
  options: {
    readonly database: string
    /** Undefined if an administrator has made the roles. */
    readonly passwords: RolePasswords | undefined
  },
): Promise<void> {
  const { passwords } = options
  if (passwords !== undefined) {
    await ensureRoles(client, passwords)
    // Whoever makes a role may grant it, but has not its rights.
    await client.query(`GRANT ${names(serviceRoles)} TO CURRENT_USER WITH INHERIT TRUE, SET TRUE`)
  }
  const database = pg.escapeIdentifier(options.database)
  const logins = [roles.writer, roles.worker, roles.operator, roles.reader]
  const statements = [
    `GRANT CONNECT ON DATABASE ${database} TO ${names(logins)}`,
    `GRANT TEMPORARY ON DATABASE ${database} TO ${names([roles.writer, roles.worker, roles.step])}`,
    `GRANT USAGE ON SCHEMA public TO ${names(serviceRoles)}`,
    ...Object.entries(databaseSettings).map(
      ([name, value]) => `ALTER DATABASE ${database} SET ${name} = ${value}`,
    ),
  ]
  for (const statement of statements) await client.query(statement)
}

const names = (of: readonly string[]): string => of.join(', ')

/** Settings that a server of the platform has. New connections to the database get them. */
const databaseSettings: Readonly<Record<string, string>> = {
  search_path: 'public, data',
  timezone: `'UTC'`,
  datestyle: `'ISO, MDY'`,
  // After a network failure, a session must not hold its ledger row for two hours.
  tcp_keepalives_idle: '10',
  tcp_keepalives_interval: '5',
  tcp_keepalives_count: '3',
}

/**
 * Keeps the SQL of steps from changing objects where no event trigger does it, because only a superuser can create
 * one: the transaction of a step that has changed one is rolled back. See `docs/decisions/108-external-postgres.md`.
 *
 * @param client a connection of the owner, after the migrations
 */
export async function guardSteps(client: pg.PoolClient): Promise<void> {
  const { rowCount } = await client.query(
    `SELECT FROM pg_event_trigger WHERE evtname = 'refuse_commands_of_steps' AND evtenabled <> 'D'`,
  )
  if (rowCount !== 0) return
  await client.query(sqlStatement('objects-of-steps'))
  await client.query(sqlStatement('guard-run-step'))
}
