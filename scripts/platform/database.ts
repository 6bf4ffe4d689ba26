import { existsSync, readFileSync, statSync } from 'node:fs'
import { resolve } from 'node:path'
import pg from 'pg'
import { readTokenFile } from '../../infra/checks/token-file.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { passFile, secretFile } from '../../infra/local/secrets.ts'
import {
  connectionText,
  databaseName,
  externalAddress,
  ownerOf,
  passwordFileOf,
  usesExternalPostgres,
} from '../../infra/topology/external/postgres.ts'
import { databaseOwner } from '../../infra/topology/logins/database-owner.ts'
import type { SecretName } from '../../infra/topology/placement.ts'
import { createPool } from '../../services/adapters/postgres/driver/connection.ts'
import { connectionOf } from '../../services/adapters/postgres/driver/connection-config.ts'
import type { PostgresSettings } from '../../services/adapters/postgres/driver/settings.ts'
import { roles } from '../../services/adapters/postgres/driver/settings.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import { quoteForShell } from '../cli/quote-for-shell.ts'
import { root } from './paths.ts'

/**
 * A client with the owner's rights. `database` is another database than the configured one, for
 * probes.
 */
export function ownerClient(config: PlatformConfig, at: Folders, database?: string): pg.Client {
  const settings = ownerSettings(config, localPassword(at))
  return new pg.Client({
    ...connectionOf({ ...settings, database: database ?? settings.database }),
    connectionTimeoutMillis: 2_000,
  })
}

/**
 * Connections with the owner's rights. Postgres listens on this machine's loopback, unless the user runs it.
 */
export function ownerPool(config: PlatformConfig, password: string): pg.Pool {
  return createPool(ownerSettings(config, password), {
    applicationName: 'av-telemetry command',
    maxConnections: 2,
    logger: createLogger('command', 'silent'),
  })
}

/** The password of a role. @throws UserError if the file is missing, or only another user may read it */
export function localPassword(at: Folders, role: SecretName = 'owner'): string {
  const file = secretFile(at, role)
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') {
      throw new UserError(
        `The file with a password is missing (${file}). Stop the platform and start it again: it makes a new password.`,
      )
    }
    if (code !== 'EACCES') throw error
    throw new UserError(
      `Only user ${statSync(at.state).uid}, who started the platform, can read this password of the platform (${file}). Run this command as that user.`,
    )
  }
}

/**
 * The password of Kafka.
 *
 * @returns undefined if an earlier version, whose Kafka has no logins, has started the platform
 */
export function localKafkaPassword(at: Folders): string | undefined {
  return existsSync(secretFile(at, 'kafka')) ? localPassword(at, 'kafka') : undefined
}

/**
 * The token with which programs of the platform report.
 *
 * @returns undefined if an earlier version, which needs no such token, has started the platform
 */
export function localPlatformToken(at: Folders): string | undefined {
  return existsSync(secretFile(at, 'gateway')) ? localPassword(at, 'gateway') : undefined
}

/**
 * The password of a role on a server of the user, from the user's file.
 *
 * @returns undefined if the platform has made the password
 * @throws InputError if the file cannot be used
 */
export function givenPassword(
  config: PlatformConfig,
  role: SecretName = 'owner',
): Promise<string> | undefined {
  const file = passwordFileOf(config, role)
  if (file === undefined) return undefined
  return Promise.resolve(readTokenFile(resolve(root, file.path)))
}

/**
 * The database as this machine reaches it, with the owner's rights.
 *
 * @param password of the platform's own server; for a server of the user the file of the user is read
 */
export function ownerSettings(config: PlatformConfig, password: string): PostgresSettings {
  return { ...databaseSettings(config, 'owner', password), user: ownerOf(config) }
}

/**
 * The same for another role.
 *
 * @param password if the platform has made it
 */
export function databaseSettings(
  config: PlatformConfig,
  role: keyof typeof roles,
  password: string,
): PostgresSettings {
  const { table, hostPort, external } = config.postgres
  const database = databaseName(config)
  const login = { database, table, user: roles[role], password }
  if (!usesExternalPostgres(config)) return { host: '127.0.0.1', port: hostPort, ...login }
  const passwordFile = role === 'step' ? undefined : passwordFileOf(config, role)
  const { mode, authorityFile } = external.tls
  return {
    ...externalAddress(config),
    ...login,
    ...(passwordFile && { passwordFile: resolve(root, passwordFile.path) }),
    tls: { mode, ...(authorityFile !== '' && { authorityFile: resolve(root, authorityFile) }) },
  }
}

/** A shell command that opens psql on the platform's database. */
export function psqlLine(config: PlatformConfig, at: Folders): string {
  const psql = `PGPASSFILE=${quoteForShell(passFile(at))} psql`
  if (usesExternalPostgres(config)) return `${psql} "${connectionString(config)}"`
  const { hostPort, database } = config.postgres
  return `${psql} -h 127.0.0.1 -p ${hostPort} -U ${databaseOwner} ${database}`
}

/** The database as this machine reaches it, as a connection string of libpq without the password. */
export function connectionString(config: PlatformConfig): string {
  const { hostPort, database, external } = config.postgres
  if (!usesExternalPostgres(config))
    return `host=127.0.0.1 port=${hostPort} dbname=${database} user=${databaseOwner}`
  const { authorityFile } = external.tls
  return connectionText(config, authorityFile === '' ? undefined : resolve(root, authorityFile))
}
