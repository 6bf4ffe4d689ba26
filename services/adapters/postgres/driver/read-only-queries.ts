import pg from 'pg'
import { newClient } from './external-client.ts'
import type { PostgresSettings } from './settings.ts'

/** Time after which the server ends a query. */
const queryTimeoutMs = 60_000

export type ReadOnlyQuery = {
  readonly sql: string
  readonly values: readonly unknown[]
  /** Ends the query. */
  readonly signal: AbortSignal
}

const applicationName = 'av-telemetry handler'
/** The server notices within this time that the connection of a query was closed. */
const connectionCheckMs = 1_000
const serverOptions = [
  '-c default_transaction_read_only=on',
  `-c statement_timeout=${queryTimeoutMs}`,
  `-c client_connection_check_interval=${connectionCheckMs}`,
  '-c TimeZone=UTC',
].join(' ')

/** Queries of handlers: one connection, opened with the first query, that cannot write. */
export class ReadOnlyQueries {
  readonly #settings: PostgresSettings
  #client: Promise<pg.Client> | undefined

  constructor(settings: PostgresSettings) {
    this.#settings = settings
  }

  /** @throws the server's error, or the reason of the signal */
  async run({ sql, values, signal }: ReadOnlyQuery): Promise<Readonly<Record<string, unknown>>[]> {
    signal.throwIfAborted()
    this.#client ??= this.#connect()
    const client = await this.#client
    const end = (): void => {
      const { connection } = client as unknown as { connection: { stream: { destroy(): void } } }
      connection.stream.destroy()
    }
    signal.addEventListener('abort', end)
    try {
      const { rows } = await client.query<Record<string, unknown>>(sql, [...values])
      return rows
    } catch (error) {
      signal.throwIfAborted()
      throw error
    } finally {
      signal.removeEventListener('abort', end)
    }
  }

  #connect(): Promise<pg.Client> {
    const client = newClient(this.#settings, {
      application_name: applicationName,
      options: serverOptions,
      connectionTimeoutMillis: 5_000,
      types: { getTypeParser: parserOf },
    })
    const connected = client.connect().then(() => client)
    const forget = (): void => {
      if (this.#client === connected) this.#client = undefined
    }
    client.on('error', forget)
    client.on('end', forget)
    connected.catch(forget)
    return connected
  }
}

const { builtins } = pg.types
const asText = (text: string): string => text
/** A timestamp in UTC in the form of ISO 8601, with all digits. */
const toIso = (text: string): string => text.replace(' ', 'T').replace(/\+00$/, 'Z')
const toInteger = (text: string): number | string => {
  const number = Number(text)
  return Number.isSafeInteger(number) ? number : text
}

/** Values that JavaScript does not hold exactly stay text. */
const parsers: Readonly<Partial<Record<number, (text: string) => unknown>>> = {
  [builtins.INT8]: toInteger,
  [builtins.NUMERIC]: asText,
  [builtins.DATE]: asText,
  [builtins.TIMESTAMP]: toIso,
  [builtins.TIMESTAMPTZ]: toIso,
  [builtins.INTERVAL]: asText,
}

const parserOf: typeof pg.types.getTypeParser = (type, format) => {
  const own = format === 'binary' ? undefined : parsers[type]
  return own ?? (pg.types.getTypeParser(type, format) as (text: string) => unknown)
}
