import type pg from 'pg'
import type { DeadLetter, DeadLetterState, DeadLetterSummary } from '../../../ledger/dead-letter.ts'
import type { RecordPosition } from '../../../ledger/receipt.ts'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import { comparedColumns } from '../../../ledger/table-schema.ts'
import { toIsoMicroseconds } from '../../../telemetry/time.ts'
import type { LetterRow, SummaryRow } from './dead-letter-rows.ts'
import { toDeadLetter, toSummary } from './dead-letter-rows.ts'
import { sqlStatement } from '../sql-file.ts'
import { differsColumn, keyAndContent, tableStatements } from '../tables/table-statements.ts'

/** Selects dead letters. An omitted property matches everything. */
export type DeadLetterFilter = {
  readonly codes?: readonly string[] | undefined
  /** Became a dead letter at this time or later, in microseconds since the Unix epoch. */
  readonly since?: number | undefined
  /** Became a dead letter before this time, in microseconds since the Unix epoch. */
  readonly until?: number | undefined
  readonly states: readonly DeadLetterState[]
  readonly ids?: readonly number[] | undefined
}

export type DeadLetterCount = {
  readonly code: string
  readonly state: DeadLetterState
  readonly count: number
  /** The highest id of these letters. */
  readonly lastId: number
}

/** A range of matching letters, ordered by id. */
export type IdRange = {
  /** Exclusive lower bound of the ids. */
  readonly after: number
  /** Inclusive upper bound of the ids. */
  readonly upTo: number
  readonly limit: number
}

/** A column in which a dead letter differs from the stored row with the same key. */
export type Difference = {
  readonly column: string
  /** A number, a text, null or a JSON value. */
  readonly inRow: unknown
  readonly inLetter: unknown
}

/** Lists, selects and discards the dead letters of one pipeline in Postgres. */
export class PostgresDeadLetterStore {
  readonly #pool: pg.Pool
  readonly #pipeline: string

  constructor(pool: pg.Pool, pipeline: string) {
    this.#pool = pool
    this.#pipeline = pipeline
  }

  /** Newest first. */
  async list(filter: DeadLetterFilter, limit: number): Promise<DeadLetterSummary[]> {
    const { rows } = await this.#pool.query<SummaryRow>(sqlStatement('list-dead-letters'), [
      ...toParameters(this.#pipeline, filter),
      limit,
    ])
    return rows.map(toSummary)
  }

  /** Counts by reason and state, the most frequent first. */
  async counts(filter: DeadLetterFilter): Promise<DeadLetterCount[]> {
    const { rows } = await this.#pool.query<Omit<DeadLetterCount, 'lastId'> & { last_id: number }>(
      sqlStatement('count-dead-letters'),
      toParameters(this.#pipeline, filter),
    )
    return rows.map(({ code, state, count, last_id }) => ({ code, state, count, lastId: last_id }))
  }

  /** Finds a letter by its id or by the position of its record. */
  async find(reference: number | RecordPosition): Promise<DeadLetter | undefined> {
    const parameters =
      typeof reference === 'number'
        ? [this.#pipeline, reference, null, null, null]
        : [this.#pipeline, null, reference.logId, reference.partition, reference.offset]
    const statement = sqlStatement('find-dead-letter')
    const { rows } = await this.#pool.query<LetterRow>(statement, parameters)
    return rows[0] && toDeadLetter(rows[0])
  }

  /** The ids of the first matching letters of a range, as many as fit into one transaction. */
  async pick(filter: DeadLetterFilter, { after, upTo, limit }: IdRange): Promise<number[]> {
    const { rows } = await this.#pool.query<{ id: number }>(sqlStatement('pick-dead-letters'), [
      ...toParameters(this.#pipeline, filter),
      after,
      upTo,
      limit,
    ])
    return rows.map(({ id }) => id)
  }

  /**
   * The columns in which the stored row with the same key differs; undefined if there is no row.
   */
  async differences<Row>(schema: TableSchema<Row>, row: Row): Promise<Difference[] | undefined> {
    const { rowOfKey } = tableStatements(schema)
    const { rows } = await this.#pool.query<Readonly<Record<string, unknown>>>(
      rowOfKey,
      keyAndContent(schema, row),
    )
    const [present] = rows
    if (present === undefined) return undefined
    return comparedColumns(schema)
      .filter(({ name }) => present[differsColumn(name)] === true)
      .map(({ name, type, valueOf }) => {
        const value = valueOf(row)
        const inLetter: unknown =
          type === 'json' && value !== null ? JSON.parse(String(value)) : value
        return { column: name, inRow: present[name], inLetter }
      })
  }

  /** Discards the letters that are open. Returns how many. */
  async discard(ids: readonly number[], reason: string | null): Promise<number> {
    const statement = sqlStatement('discard-dead-letters')
    const { rowCount } = await this.#pool.query(statement, [this.#pipeline, ids, reason])
    return rowCount ?? 0
  }
}

function toParameters(
  pipeline: string,
  { codes, since, until, states, ids }: DeadLetterFilter,
): unknown[] {
  return [
    pipeline,
    codes ?? null,
    since === undefined ? null : toIsoMicroseconds(since),
    until === undefined ? null : toIsoMicroseconds(until),
    states,
    ids ?? null,
  ]
}
