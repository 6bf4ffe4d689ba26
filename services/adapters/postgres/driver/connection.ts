import type { Duplex } from 'node:stream'
import pg from 'pg'
import type { Logger } from '../../../runtime/logger.ts'
import { errorFields } from '../../../runtime/logger.ts'
import { connectionOf } from './connection-config.ts'
import { externalClient } from './external-client.ts'
import type { PostgresSettings } from './settings.ts'
import { sendGroup } from './statement-group.ts'

export type Pool = pg.Pool

// Counts and offsets are bigint in the database and stay far below 2^53 here.
pg.types.setTypeParser(pg.types.builtins.INT8, Number)

export type PoolOptions = {
  readonly applicationName: string
  readonly maxConnections: number
  /** A query without a response rejects after this time. If omitted, queries have no timeout. */
  readonly queryTimeoutMs?: number
  /** Server settings for these connections only, in the format of the command line. */
  readonly serverOptions?: string
  /** A connection is closed after this number of uses. If omitted, it is used until it breaks. */
  readonly maxUses?: number
  /** Whether statements are sent before the ones before them are answered. Cursors cannot be used then. */
  readonly isPipelined?: boolean
  readonly logger: Logger
}

/** Options of pg that its types do not have yet. */
type PipelinedConfig = pg.PoolConfig & {
  readonly pipeline: boolean
  readonly Client?: typeof pg.Client
}

/** A pool that survives restarts of the server: a broken idle connection is logged and replaced. */
export function createPool(settings: PostgresSettings, options: PoolOptions): pg.Pool {
  const config: PipelinedConfig = {
    ...connectionOf(settings),
    ...(settings.tls && { Client: externalClient(settings) }),
    application_name: options.applicationName,
    max: options.maxConnections,
    ...(options.queryTimeoutMs !== undefined && { query_timeout: options.queryTimeoutMs }),
    ...(options.maxUses !== undefined && { maxUses: options.maxUses }),
    ...(options.serverOptions !== undefined && { options: options.serverOptions }),
    connectionTimeoutMillis: 5_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    pipeline: options.isPipelined ?? false,
  }
  const pool = new pg.Pool(config)
  pool.on('error', (error) => {
    options.logger.warn(errorFields(error), 'postgres-connection-lost')
  })
  return pool
}

export type TransactionOptions = {
  /** For the whole transaction; by default one minute. */
  readonly timeoutMs?: number
  /** Server settings for this transaction only, by name. */
  readonly settings?: Readonly<Record<string, string>>
}

type FirstAndWork<T> = {
  readonly first: pg.QueryConfig
  readonly work: (client: pg.PoolClient, answer: pg.QueryResult) => Promise<T>
}

/** For transactions that may last longer than a minute: rows that they write may come late to windows. */
export const longTransaction = { 'telemetry.long_transaction': 'on' } as const

/**
 * Runs `work` in one transaction on one connection: commits when it resolves, rolls back when it
 * rejects. The connection is destroyed after `timeoutMs`, because timeouts of the server do not
 * apply
 * to a session that waits inside `COPY`.
 */
export async function inTransaction<T>(
  pool: pg.Pool,
  work: (client: pg.PoolClient) => Promise<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return transact(pool, options, async (client) => {
    await client.query(beginStatements(options).join('; '))
    const result = await work(client)
    await client.query('COMMIT')
    return result
  })
}

/**
 * Like `inTransaction`, and sends a first statement in one message with BEGIN. If BEGIN fails, the server skips it.
 *
 * @param pool its connections are not pipelined
 * @param work gets the answer to the first statement
 */
export async function inTransactionStartingWith<T>(
  pool: pg.Pool,
  { first, work }: FirstAndWork<T>,
  options: TransactionOptions = {},
): Promise<T> {
  return transact(pool, options, async (client) => {
    const begin = beginStatements(options).map((text) => ({ name: text, text }))
    const answers = await sendGroup(client, [...begin, first])
    const result = await work(client, answers[begin.length] as pg.QueryResult)
    await client.query('COMMIT')
    return result
  })
}

/**
 * Runs statements in one transaction, and sends them together with `COMMIT`. If one of them fails, the server
 * rolls all of them back. A statement cannot depend on the answer to another one.
 *
 * @param pool its connections are pipelined
 */
export async function commitTogether(
  pool: pg.Pool,
  statements: readonly pg.QueryConfig[],
  options: TransactionOptions = {},
): Promise<void> {
  return transact(pool, options, async (client) => {
    // BEGIN is sent alone: the server runs statements of a pipeline also if it has failed, and stores each at once.
    await client.query(beginStatements(options).join('; '))
    const answers = sendTogether(client, [...statements, { text: 'COMMIT' }])
    await allAnswers(answers)
    const committed = await answers.at(-1)
    if (committed?.command !== 'COMMIT') throw new Error('The transaction was not committed.')
  })
}

/** @param run begins and commits the transaction */
async function transact<T>(
  pool: pg.Pool,
  { timeoutMs = 60_000 }: TransactionOptions,
  run: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  return withConnection(pool, async (client, discard) => {
    const timer = setTimeout(() => {
      destroyConnection(client)
    }, timeoutMs)
    try {
      return await run(client)
    } catch (error) {
      await client.query('ROLLBACK').catch(discard)
      throw error
    } finally {
      clearTimeout(timer)
    }
  })
}

/** Sends statements in one packet, before the first answer. */
function sendTogether(
  client: pg.PoolClient,
  statements: readonly pg.QueryConfig[],
): Promise<pg.QueryResult>[] {
  const stream = streamOf(client)
  stream.cork()
  try {
    return statements.map((statement) => client.query(statement))
  } finally {
    stream.uncork()
  }
}

/**
 * Waits for statements that were sent together. Rejects with the error of the first one that failed,
 * because those after it fail only for this reason.
 */
async function allAnswers(statements: readonly Promise<unknown>[]): Promise<void> {
  const answers = await Promise.allSettled(statements)
  for (const answer of answers) if (answer.status === 'rejected') throw answer.reason as Error
}

/**
 * Runs `work` on one connection of the pool. A connection that breaks, or that `work` discards, is
 * not
 * returned to the pool. If it breaks while no query runs, the next query rejects.
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

/** They are sent in one message, to save round trips. */
function beginStatements({ settings = {} }: TransactionOptions): string[] {
  const local = Object.entries(settings).map(([name, value]) => `SET LOCAL ${name} = '${value}'`)
  return ['BEGIN', ...local]
}

/**
 * When the signal aborts, destroys all connections in use, and later each new one. For queries that
 * may take minutes, so that the shutdown does not wait for them. The server notices the closed
 * connection if `client_connection_check_interval` is set.
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
 * Runs `work` while it holds the advisory lock with this number. The lock belongs to the session
 * and
 * ends with it.
 *
 * @returns undefined immediately if another session holds the lock
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

/** Ends a connection at once; its query rejects. */
export function destroyConnection(client: pg.PoolClient): void {
  streamOf(client).destroy()
}

/** The socket of a connection, which the types of pg do not have. */
const streamOf = (client: pg.PoolClient): Duplex =>
  (client as unknown as { connection: { stream: Duplex } }).connection.stream
