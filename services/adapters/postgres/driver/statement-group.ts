import type { Duplex } from 'node:stream'
import { setImmediate as untilNextTurn } from 'node:timers/promises'
import pg from 'pg'

/** A `COPY … FROM STDIN` and its rows. */
export type CopyStatement = { readonly text: string; readonly chunks: Iterable<Uint8Array> }

/** A part of a group. If it has a name, the connection parses and plans it once. */
export type GroupedStatement = pg.QueryConfig | CopyStatement

/**
 * Sends statements in one message and waits for one answer to all of them. If a statement fails, the server skips
 * the ones after it, also if there is no transaction. A statement cannot depend on the answer to another one.
 *
 * @param client its connection is not pipelined
 * @returns the results in the order of the statements
 */
export function sendGroup(
  client: pg.ClientBase,
  statements: readonly GroupedStatement[],
): Promise<pg.QueryResult[]> {
  return new Promise((resolve, reject) => {
    const callback = (error: Error | null, results: pg.QueryResult[] = []): void => {
      if (error) reject(error)
      else resolve(results)
    }
    client.query(new StatementGroup(statements, callback) as unknown as pg.Submittable)
  })
}

/** The methods of pg's queries and connections that its types do not have. */
type Query = {
  readonly name?: string
  readonly text: string
  submit(connection: Connection): Error | null
  handleRowDescription(message: unknown): void
  handleDataRow(message: unknown): void
  handleCommandComplete(message: unknown, connection: Connection): void
  handleReadyForQuery(connection: Connection): void
}

type Connection = {
  readonly stream: Duplex
  /** The text of statements that were sent and whose parsing is not confirmed yet, by name. */
  readonly submittedNamedStatements: Record<string, string>
  sync(): void
  endCopyFrom(): void
  sendCopyFail(reason: string): void
}

type Callback = (error: Error | null, results?: pg.QueryResult[]) => void

const copyDataCode = 'd'.charCodeAt(0)
const lengthBytes = 4

/**
 * Statements in the extended protocol with one Sync at the end (PostgreSQL documentation, Message Flow, "Pipelining"
 * and "COPY Operations"). After an error the server discards everything up to the Sync, also the rows of a `COPY`.
 */
class StatementGroup {
  /** pg replaces it by a function that also ends the timeout of the query. */
  callback: Callback
  readonly #statements: readonly GroupedStatement[]
  readonly #queries: readonly Query[]
  readonly #results: pg.QueryResult[] = []
  #connection: Connection | undefined
  #error: Error | undefined

  constructor(statements: readonly GroupedStatement[], callback: Callback) {
    this.callback = callback
    this.#statements = statements
    this.#queries = statements.map((statement) => this.#toQuery(statement))
  }

  /** pg reads name and text of the statement whose answers arrive, to know what the server has parsed. */
  get name(): string | undefined {
    return this.#queries[this.#results.length]?.name
  }

  get text(): string | undefined {
    return this.#queries[this.#results.length]?.text
  }

  submit(connection: Connection): void {
    this.#connection = connection
    void this.#send(connection)
  }

  handleRowDescription(message: unknown): void {
    this.#queries[this.#results.length]?.handleRowDescription(message)
  }

  handleDataRow(message: unknown): void {
    this.#queries[this.#results.length]?.handleDataRow(message)
  }

  handleCommandComplete(message: unknown, connection: Connection): void {
    const query = this.#queries[this.#results.length]
    query?.handleCommandComplete(message, connection)
    // Calls the callback of this query.
    query?.handleReadyForQuery(connection)
  }

  /** The rows are sent without waiting for this message. */
  handleCopyInResponse(): void {}

  handleError(error: Error): void {
    const submitted = this.#connection?.submittedNamedStatements ?? {}
    // The server skips these statements, so it has not parsed them.
    for (const { name = '' } of this.#queries) Reflect.deleteProperty(submitted, name)
    this.#error ??= error
    this.callback(this.#error)
  }

  handleReadyForQuery(): void {
    this.callback(this.#error ?? null, this.#results)
  }

  #toQuery(statement: GroupedStatement): Query {
    const { text } = statement
    const config = 'chunks' in statement ? { text } : statement
    const query = new pg.Query(
      { ...config, queryMode: 'extended' } as pg.QueryConfig,
      (error, result) => {
        if (error) this.#error ??= error
        else this.#results.push(result)
      },
    )
    return query as unknown as Query
  }

  async #send(connection: Connection): Promise<void> {
    const { stream } = connection
    // A query of pg ends with a Sync. The group has only one, after the last statement.
    const withoutSync = Object.create(connection, {
      sync: { value: () => undefined },
    }) as Connection
    stream.cork()
    try {
      for (const [index, statement] of this.#statements.entries()) {
        const refusal = this.#queries[index]?.submit(withoutSync)
        // A value that cannot be encoded has set the error already.
        this.#error ??= refusal ?? undefined
        if (this.#error !== undefined) break
        if ('chunks' in statement) await this.#sendRows(connection, statement.chunks)
      }
    } catch (error) {
      this.#error ??= error as Error
      connection.sendCopyFail('The rows cannot be sent.')
    } finally {
      connection.sync()
      stream.uncork()
    }
  }

  /** Resolves in the same turn of the event loop if the rows are one chunk. */
  async #sendRows(connection: Connection, chunks: Iterable<Uint8Array>): Promise<void> {
    const { stream } = connection
    let hasRoom = true
    for (const chunk of chunks) {
      if (!hasRoom) await untilDrained(stream)
      if (this.#error !== undefined) {
        connection.sendCopyFail('The statement has ended.')
        return
      }
      const header = Buffer.allocUnsafe(1 + lengthBytes)
      header.writeUInt8(copyDataCode)
      header.writeUInt32BE(chunk.length + lengthBytes, 1)
      stream.write(header)
      hasRoom = stream.write(chunk)
    }
    connection.endCopyFrom()
  }
}

/** Sends what waits, and waits until the socket has taken it. Returns immediately from a closed socket. */
async function untilDrained(stream: Duplex): Promise<void> {
  stream.uncork()
  if (!stream.destroyed)
    await new Promise<void>((resolve) => {
      const end = (): void => {
        stream.off('drain', end).off('close', end)
        resolve()
      }
      stream.on('drain', end).on('close', end)
    })
  // A fast server would otherwise take all rows before its error is read.
  await untilNextTurn()
  stream.cork()
}
