import pg from 'pg'
import type { CopyForm } from '../../../ledger/copy/copy-form.ts'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import { toPostgresFault } from '../driver/errors.ts'
import { copyHeader, copyTrailer } from '../tables/copy-binary.ts'
import { CopyStream } from '../tables/copy-stream.ts'
import { columnList, quote, relationOf } from '../tables/table-statements.ts'

/** Why a span was rolled back. */
export type SpanRefusal = 'key-taken' | 'rows-refused'

/**
 * Writes spans of rows with one `COPY` each, after a savepoint. If the database refuses a row, nothing of the span is
 * stored, and the transaction can continue.
 */
export class SpanWriter<Row> {
  readonly #client: pg.PoolClient
  readonly #schema: TableSchema<Row>
  #copy: CopyStream | undefined
  #form: CopyForm | undefined

  constructor(client: pg.PoolClient, schema: TableSchema<Row>) {
    this.#client = client
    this.#schema = schema
  }

  /**
   * Adds rows to the span, and begins it with the first ones.
   *
   * @returns why the database has refused the span
   * @throws an error that means an outage
   */
  write(form: CopyForm, pieces: readonly Uint8Array[]): Promise<SpanRefusal | undefined> {
    return this.#attempt(async () => {
      const copy = this.#copy ?? (await this.#begin(form))
      for (const piece of pieces) await copy.write(piece)
    })
  }

  /**
   * Ends the span. @param rows how many rows it has
   *
   * @throws an error that means an outage
   */
  end(rows: number): Promise<SpanRefusal | undefined> {
    return this.#attempt(async () => {
      const copy = this.#copy
      if (copy === undefined) return
      if (this.#form?.kind === 'binary') await copy.write(copyTrailer)
      if ((await copy.end()) !== rows) throw new RowsMissingError()
      this.#copy = undefined
      await this.#client.query('RELEASE SAVEPOINT span')
    })
  }

  /** Ends a `COPY` that still runs, so that the transaction can be rolled back. */
  async abort(): Promise<void> {
    await this.#copy?.abort()
    this.#copy = undefined
  }

  async #begin(form: CopyForm): Promise<CopyStream> {
    await this.#client.query('SAVEPOINT span')
    const copy = new CopyStream(this.#client, copyStatement(this.#schema, form))
    this.#copy = copy
    this.#form = form
    if (form.kind === 'binary') await copy.write(copyHeader)
    return copy
  }

  async #attempt(work: () => Promise<void>): Promise<SpanRefusal | undefined> {
    try {
      await work()
      return undefined
    } catch (error) {
      this.#copy = undefined
      const fault = error instanceof RowsMissingError ? 'value-refused' : toPostgresFault(error)
      if (fault === 'outage' || fault === 'locked') throw error
      await this.#client.query('ROLLBACK TO SAVEPOINT span')
      return fault === 'key-taken' ? 'key-taken' : 'rows-refused'
    }
  }
}

/** A trigger has left out rows. */
class RowsMissingError extends Error {}

function copyStatement<Row>(schema: TableSchema<Row>, form: CopyForm): string {
  const relation = relationOf(schema)
  if (form.kind === 'binary')
    return `COPY ${relation} (${columnList(schema.columns)}) FROM STDIN (FORMAT binary)`
  const columns = form.columns.map(quote).join(', ')
  const delimiter = pg.escapeLiteral(form.delimiter)
  const options = `FORMAT csv, ENCODING 'UTF8', DELIMITER ${delimiter}, QUOTE ${pg.escapeLiteral(form.quote)}`
  return `COPY ${relation} (${columns}) FROM STDIN (${options})`
}
