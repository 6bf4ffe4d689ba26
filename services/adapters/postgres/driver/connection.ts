import pg from 'pg'
import type { Logger } from '../../../runtime/logger.ts'
import { errorFields } from '../../../runtime/logger.ts'
import type { PostgresSettings } from './settings.ts'

export type Pool = pg.Pool

// Counts and offsets are bigint in the database and stay far below 2^53 here.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

export type PoolOptions = {
  readonly applicationName: string
  readonly maxConnections: number
  /** Milliseconds after which a query that has no answer rejects; without it none does. */
  readonly queryTimeoutMs?: number
  /** Settings of the server for these connections alone, as its command line has them. */
  readonly serverOptions?: string
  readonly logger: Logger
}

/** A pool that survives the server: a broken idle connection is logged and replaced. */
export function createPool(settings: PostgresSettings, options: PoolOptions): pg.Pool {
  const { host, port, database, user, password } = settings
  const pool = new pg.Pool({
    host,
    port,
    database,
    user,
    password,
    application_name: options.applicationName,
    max: options.maxConnections,
    ...(options.queryTimeoutMs !== undefined && { query_timeout: options.queryTimeoutMs }),
    ...(options.serverOptions !== undefined && { options: options.serverOptions }),
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  pool.on('error', (error) => {
    options.logger.warn(errorFields(error), 'postgres-connection-lost')
  })
  return pool
}

export type TransactionOptions = {
  /** Milliseconds for all of it; a minute unless told. */
  readonly timeoutMs?: number
  /** Settings of the server for this transaction alone, by their name. */
  readonly settings?: Readonly<Record<string, string>>
}

/**
 * Runs `work` in one transaction on one connection: committed when it resolves, rolled back when
 * it rejects. The connection is cut when all of it takes over `limitMs`, because a session that
 * waits inside `COPY` obeys no timeout of the server.
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  { timeoutMs = 60_000, settings = {} }: TransactionOptions = {},
): Promise<T> {
  return withConnection(pool, async (client, discard) => {
    const timer = setTimeout(() => {
      destroyConnection(client)
    }, timeoutMs)
    try {
      await client.query(beginStatement(settings))
      const result = await work(client)
      await client.query('COMMIT')
      return result
    } catch (error) {
      await client.query('ROLLBACK').catch(discard)
      throw error
    } finally {
      clearTimeout(timer)
    }
  })
}

/**
 * Runs `work` on one connection of the pool. One that breaks while nothing runs on it says so once
 * more with its next query; it does not go back to the pool, nor does one that `work` discards.
 */
export async function withConnection<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient, discard: () => void) => Promise<T>,
): Promise<T> {
  const client = await pool.connect()
  let isDiscarded = false
  const discard = (): void => {
    isDiscarded = true
  }
  client.on('error', discard)
  try {
    return await work(client, discard)
  } finally {
    client.off('error', discard)
    client.release(isDiscarded)
  }
}

/** One statement after another in one message: one answer to wait for. */
function beginStatement(settings: Readonly<Record<string, string>>): string {
  const local = Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = '${value}'`)
  return ['BEGIN', ...local].join('; ')
}

/**
 * Cuts what the pool has under way as soon as the signal aborts, and whatever begins afterwards:
 * for queries that may take minutes, which no stop waits for. The server notices by itself where
 * `client_connection_check_interval` is set.
 */
export function destroyConnectionsOnAbort(pool: pg.Pool, signal: AbortSignal): void {
  const busy = new Set<pg.PoolClient>()
  pool.on('acquire', (client) => {
    busy.add(client)
    if (signal.aborted) destroyConnection(client)
  })
  pool.on('release', (_error, client) => busy.delete(client))
  signal.addEventListener('abort', () => {
    for (const client of busy) destroyConnection(client)
  })
}

/**
 * Runs `work` while nobody else holds the lock of this number: the lock is the session's, and
 * goes with it.
 *
 * @returns undefined, at once, where somebody holds it
 */
export async function withSessionLock<T>(
  pool: pg.Pool,
  lock: number,
  work: () => Promise<T>,
): Promise<T | undefined> {
  return withConnection(pool, async (client, discard) => {
    try {
      const statement = 'SELECT pg_try_advisory_lock($1) AS held'
      const { rows } = await client.query<{ held: boolean }>(statement, [lock])
      if (rows[0]?.held !== true) return undefined
      try {
        return await work()
      } finally {
        await client.query('SELECT pg_advisory_unlock($1)', [lock]).catch(discard)
      }
    } catch (error) {
      discard()
      throw error
    }
  })
}

function destroyConnection(client: pg.PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } }
  connection.stream.destroy()
}
