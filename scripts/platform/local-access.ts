import { readFileSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { createPool } from '../../services/adapters/postgres/driver/connection.ts'
import { createKafka } from '../../services/adapters/kafka/client.ts'
import type { LogStart } from '../../services/adapters/postgres/ledger/ledger-store.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import type { PlatformConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { foldersOf } from '../../infra/local/folders.ts'
import type { Probes } from '../../infra/local/readiness.ts'
import { databaseOwner } from '../../infra/topology/database-owner.ts'
import { UserError } from '../../infra/checks/user-error.ts'
import { passFile, secretFile } from '../../infra/local/secrets.ts'
import type { Address } from '../../infra/topology/addresses.ts'
import { chosenHome } from '../cli/user-paths.ts'

/** How the commands reach the platform that runs on this machine. */

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
export const masterConfig = join(root, 'config.master.json')

export function folders(): Folders {
  return foldersOf(root, chosenHome())
}

export function javaProgram(): string {
  const home = process.env['JAVA_HOME']
  return home === undefined ? 'java' : join(home, 'bin', 'java')
}

/** A client with the owner's rights; `database` other than the configured one for probes. */
export function ownerClient(config: PlatformConfig, at: Folders, database?: string): pg.Client {
  return new pg.Client(ownerSettings(config, localPassword(at), database))
}

/** Connections with the owner's rights; both targets have Postgres on this machine's loopback. */
export function ownerPool(config: PlatformConfig, password: string): pg.Pool {
  return createPool(ownerSettings(config, password), {
    applicationName: 'av-telemetry command',
    maxConnections: 2,
    logger: createLogger('command', 'silent'),
  })
}

/** @throws UserError where it is for another user to read */
export function localPassword(at: Folders): string {
  const file = secretFile(at, 'owner')
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EACCES') throw error
    throw new UserError(
      `The password of the database, ${file}, is for user ${statSync(at.state).uid} alone, who has started the platform: give this command as that user.`,
    )
  }
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

/** The bearer token that POST must show, where there is one. */
export function tokenOf({ ingress }: PlatformConfig): string | undefined {
  if (ingress.tokenFile === '') return undefined
  return readFileSync(resolve(root, ingress.tokenFile), 'utf8').trim()
}

/** A line for the shell that opens psql on the platform's database. */
export function psqlLine(config: PlatformConfig, at: Folders): string {
  const { hostPort, database } = config.postgres
  return `PGPASSFILE=${shellQuoted(passFile(at))} psql -h 127.0.0.1 -p ${hostPort} -U ${databaseOwner} ${database}`
}

function shellQuoted(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`
}

/** What a person should know of a log that is not the first: the one before it has ended. */
export function laterLogInWords({ id, reason, beganAt }: LogStart): string {
  return `Log ${id} began at ${beganAt.toISOString()}: ${reason}. What was only in Kafka then is lost; what is in the table stays.`
}

/** Readiness of Postgres and Kafka, asked with their own clients. */
export function probesFor(config: PlatformConfig, at: Folders): Probes {
  const silent = createLogger('probe', 'silent')
  return {
    sql: async () => {
      const client = ownerClient(config, at, 'postgres')
      try {
        await client.connect()
        await client.query('SELECT 1')
        return true
      } catch {
        return false
      } finally {
        await client.end().catch(() => undefined)
      }
    },
    broker: async ({ host, port }: Address) => {
      const settings = { brokers: [`${host}:${port}`], topic: config.kafka.topic }
      const admin = createKafka(settings, 'av-telemetry-probe', silent).admin({
        retry: { retries: 0 },
      })
      try {
        await admin.connect()
        const { brokers } = await admin.describeCluster()
        return brokers.some((broker) => broker.host === host && broker.port === port)
      } catch {
        return false
      } finally {
        await admin.disconnect().catch(() => undefined)
      }
    },
  }
}
