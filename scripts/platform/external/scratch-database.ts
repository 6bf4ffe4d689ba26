import { existsSync } from 'node:fs'
import pg from 'pg'
import { UserError } from '../../../infra/checks/user-error.ts'
import type { PlatformConfig } from '../../../infra/config/config.ts'
import type { Folders } from '../../../infra/local/folders.ts'
import { readSecret, secretFile } from '../../../infra/local/secrets.ts'
import { databaseName, usesExternalPostgres } from '../../../infra/topology/external/postgres.ts'
import { connectionOf } from '../../../services/adapters/postgres/driver/connection-config.ts'
import { replaceFile } from '../../../services/runtime/process/replace-file.ts'
import { ownerSettings } from '../database.ts'
import { folders } from '../paths.ts'

/** The database of scratch platforms on a server of the user. Its name shows that it may be emptied. */
const suffix = '_scratch'

/** The longest name that Postgres keeps. */
const maxCharacters = 63

/** The setting that makes a scratch platform use a database for itself; none for a server of the platform. */
export function scratchDatabase(config: PlatformConfig): string[] {
  if (!usesExternalPostgres(config)) return []
  const name = `${databaseName(config).slice(0, maxCharacters - suffix.length)}${suffix}`
  return [`postgres.external.database=${name}`]
}

/**
 * Empties the database of scratch platforms on a server of the user, as for a first start.
 *
 * @param at the empty folders of the scratch platform
 * @throws UserError if it does not exist, or belongs to another role
 */
export async function emptyScratchDatabase(config: PlatformConfig, at: Folders): Promise<void> {
  if (!usesExternalPostgres(config)) return
  if (!config.postgres.external.roles.given) keepPasswords(at)
  const settings = ownerSettings(config, '')
  const { database, user } = settings
  if (!database.endsWith(suffix)) throw new Error(`${database} is not a scratch database`)
  const client = new pg.Client({ ...connectionOf(settings), connectionTimeoutMillis: 5_000 })
  try {
    await client.connect()
    await client.query(emptyDatabase)
  } catch (error) {
    throw new UserError(
      `The database ${database}, which this command empties and uses, cannot be used (${(error as Error).message}). Make it as an administrator: CREATE DATABASE ${database} OWNER ${pg.escapeIdentifier(user)}`,
    )
  } finally {
    await client.end().catch(() => undefined)
  }
}

const sharedRoles = ['writer', 'worker', 'operator', 'reader'] as const

/** All databases of a server have the same roles, so new passwords would lock out the platform of this clone. */
function keepPasswords(at: Folders): void {
  const own = folders()
  for (const role of sharedRoles) {
    const file = secretFile(own, role)
    if (existsSync(file)) replaceFile(secretFile(at, role), readSecret(own, role), 0o600)
  }
}

/** As a new database has it. */
const emptyDatabase = `
  DROP SCHEMA IF EXISTS data CASCADE;
  DROP SCHEMA IF EXISTS public CASCADE;
  CREATE SCHEMA public AUTHORIZATION pg_database_owner;
  GRANT USAGE ON SCHEMA public TO PUBLIC`
