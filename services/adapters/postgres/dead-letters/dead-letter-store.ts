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

/** Which dead letters are meant; what is left out lets everything through. */
export type DeadLetterFilter = {
  readonly codes?: readonly string[] | undefined
  /** Microseconds since the Unix epoch; died at this time or later. */
  readonly since?: number | undefined
  /** Microseconds since the Unix epoch; died before this time. */
  readonly until?: number | undefined
  readonly states: readonly DeadLetterState[]
  readonly ids?: readonly number[] | undefined
}

export type DeadLetterCount = {
  readonly code: string
  readonly state: DeadLetterState
  readonly count: number
  /** The highest id among them. */
  readonly lastId: number
}

/** A part of the letters that match, in the order of their ids. */
export type IdRange = {
  /** All ids are above this. */
  readonly after: number
  readonly upTo: number
  readonly limit: number
}

/** A column in which the row of a key says something else than a dead letter. */
export type Difference = {
  readonly column: string
  /** As the driver gives it: a number, a text, null or a JSON value. */
  readonly inRow: unknown
  readonly inLetter: unknown
}

/** The dead letters of one pipeline in Postgres: to look at, to choose from, to discard. */
export class PostgresDeadLetterStore {
  readonly #pool: pg.Pool
  readonly #pipeline: string

  constructor(pool: pg.Pool, pipeline: string) {
    this.#pool = pool
    this.#pipeline = pipeline
  }

  /** The newest first. */
  async list(filter: DeadLetterFilter, limit: number): Promise<DeadLetterSummary[]> {
    const { rows } = await this.#pool.query<SummaryRow>(sqlStatement('list-dead-letters'), [
      ...toParameters(this.#pipeline, filter),
      limit,
    ])
    return rows.map(toSummary)
  }

  /** By reason and state, the most frequent first. */
  async counts(filter: DeadLetterFilter): Promise<DeadLetterCount[]> {
    const { rows } = await this.#pool.query<Omit<DeadLetterCount, 'lastId'> & { last_id: number }>(
      sqlStatement('count-dead-letters'),
      toParameters(this.#pipeline, filter),
    )
    return rows.map(({ code, state, count, last_id }) => ({ code, state, count, lastId: last_id }))
  }

  /** The letter with a number of its own, or of the record at a position. */
  async find(reference: number | RecordPosition): Promise<DeadLetter | undefined> {
    const parameters =
      typeof reference === 'number'
        ? [this.#pipeline, reference, null, null, null]
        : [this.#pipeline, null, reference.logId, reference.partition, reference.offset]
    const found = sqlStatement('find-dead-letter')
    const { rows } = await this.#pool.query<LetterRow>(found, parameters)
    return rows[0] && toDeadLetter(rows[0])
  }

  /** The first of a range that match, at most as many as fit into one transaction. */
  async pick(filter: DeadLetterFilter, { after, upTo, limit }: IdRange): Promise<number[]> {
    const { rows } = await this.#pool.query<{ id: number }>(sqlStatement('pick-dead-letters'), [
      ...toParameters(this.#pipeline, filter),
      after,
      upTo,
      limit,
    ])
    return rows.map(({ id }) => id)
  }

  /** In which columns the row of the same key differs; undefined where there is no row. */
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

  /** Marks those of them that are open; says how many. */
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
