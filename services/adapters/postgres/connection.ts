import pg from 'pg'
import type { Log } from '../../runtime/log.ts'
import { errorFields } from '../../runtime/log.ts'
import type { PostgresSettings } from './settings.ts'

export type Pool = pg.Pool

// Counts and offsets are bigint in the database and stay far below 2^53 here.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

export type PoolOptions = {
  readonly applicationName: string
  readonly maxConnections: number
  /** Milliseconds after which a query that has no answer rejects; without it none does. */
  readonly queryTimeout?: number
  readonly log: Log
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
    ...(options.queryTimeout !== undefined && { query_timeout: options.queryTimeout }),
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
  })
  pool.on('error', (error) => {
    options.log.warn(errorFields(error), 'postgres-connection-lost')
  })
  return pool
}

/**
 * Runs `work` in one transaction on one connection: committed when it resolves, rolled back when
 * it rejects. The connection is cut when all of it takes over `limitMs`, because a session that
 * waits inside `COPY` obeys no timeout of the server.
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  limitMs = 60_000,
): Promise<T> {
  const client = await pool.connect()
  // Between the cut and the rejection of the running query the client may still emit errors.
  const ignore = (): void => undefined
  client.on('error', ignore)
  const limit = setTimeout(() => {
    cut(client)
  }, limitMs)
  let broken: Error | undefined
  try {
    await client.query('BEGIN')
    const result = await work(client)
    await client.query('COMMIT')
    return result
  } catch (error) {
    await client.query('ROLLBACK').catch((rollbackError: unknown) => {
      broken = rollbackError as Error
    })
    throw error
  } finally {
    clearTimeout(limit)
    client.off('error', ignore)
    client.release(broken)
  }
}

function cut(client: pg.PoolClient): void {
  const { connection } = client as unknown as { connection: { stream: { destroy(): void } } }
  connection.stream.destroy()
}
