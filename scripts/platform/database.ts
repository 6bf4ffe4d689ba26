import { existsSync, readFileSync, statSync } from 'node:fs'
import pg from 'pg'
import { UserError } from '../../infra/checks/user-error.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { passFile, secretFile } from '../../infra/local/secrets.ts'
import { databaseOwner } from '../../infra/topology/logins/database-owner.ts'
import type { SecretName } from '../../infra/topology/placement.ts'
import { createPool } from '../../services/adapters/postgres/driver/connection.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import { quoteForShell } from '../cli/quote-for-shell.ts'

/**
 * A client with the owner's rights. `database` is another database than the configured one, for
 * probes.
 */
export function ownerClient(config: PlatformConfig, at: Folders, database?: string): pg.Client {
  return new pg.Client(ownerSettings(config, localPassword(at), database))
}

/**
 * Connections with the owner's rights. On both targets Postgres listens on this machine's loopback.
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

function ownerSettings(config: PlatformConfig, password: string, database?: string) {
  return {
    host: '127.0.0.1',
    port: config.postgres.hostPort,
    database: database ?? config.postgres.database,
    table: config.postgres.table,
    user: databaseOwner,
    password,
    connectionTimeoutMillis: 2_000,
  }
}

/** A shell command that opens psql on the platform's database. */
export function psqlLine(config: PlatformConfig, at: Folders): string {
  const { hostPort, database } = config.postgres
  return `PGPASSFILE=${quoteForShell(passFile(at))} psql -h 127.0.0.1 -p ${hostPort} -U ${databaseOwner} ${database}`
}
