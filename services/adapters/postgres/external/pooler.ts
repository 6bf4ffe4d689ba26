import type pg from 'pg'

/** A connection pooler between the platform and the server. */

/** What the detection needs of a connection. */
type Session = Pick<pg.ClientBase, 'query'>

/** Rounds of the detection. A pooler with several idle connections may give the same one once. */
const rounds = 3

/**
 * Whether a pooler gives each transaction any connection of the server, like PgBouncer in transaction mode. The
 * process of the server that answers then changes between two transactions, or is the same for two connections.
 * Locks of sessions, `LISTEN`, temporary tables and `SET` do not work with such a pooler.
 *
 * @param first a connection that runs nothing else
 * @param second another one
 */
export async function sharesSessions(first: Session, second: Session): Promise<boolean> {
  const own = await processOf(first)
  for (let round = 0; round < rounds; round += 1) {
    await second.query('BEGIN')
    try {
      // Inside a transaction the pooler must keep the connection for the second session.
      if ((await processOf(second)) === own) return true
      if ((await processOf(first)) !== own) return true
    } finally {
      await second.query('ROLLBACK')
    }
  }
  return (await processOf(first)) !== own
}

/** Services set timeouts and more like this. No server has this value by default. */
export const exampleOptions = '-c statement_timeout=61s'

/**
 * Whether a connection has the settings that it was opened with. A pooler may drop them without an error, like
 * PgBouncer with `ignore_startup_parameters = options`.
 *
 * @param session opened with `exampleOptions`
 */
export async function hasExampleOptions(session: Session): Promise<boolean> {
  const statement = `SELECT current_setting('statement_timeout') AS value`
  const { rows } = await session.query<{ value: string }>(statement)
  return rows[0]?.value === '61s'
}

async function processOf(session: Session): Promise<number | undefined> {
  const { rows } = await session.query<{ pid: number }>('SELECT pg_backend_pid() AS pid')
  return rows[0]?.pid
}
