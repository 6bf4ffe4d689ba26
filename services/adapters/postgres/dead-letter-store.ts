import type pg from 'pg'
import type { DeadLetter, DeadLetterState, DeadLetterSummary } from '../../telemetry/dead-letter.ts'
import type { JsonValue, Reading } from '../../telemetry/reading.ts'
import type { RecordPosition } from '../../telemetry/receipt.ts'
import { toIsoMicroseconds } from '../../telemetry/time.ts'
import type { LetterRow, SummaryRow } from './dead-letter-rows.ts'
import { toDeadLetter, toSummary } from './dead-letter-rows.ts'
import { sqlStatement } from './sql-file.ts'

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
export type Range = {
  /** All ids are above this. */
  readonly after: number
  readonly upTo: number
  readonly atMost: number
}

const contentFields = [
  'latitude',
  'longitude',
  'altitude',
  'speed',
  'heading',
  'make',
  'model',
  'metadata',
] as const
type ContentField = (typeof contentFields)[number]
type ContentRow = Pick<Reading, ContentField> & { readonly same_metadata: boolean }

export type Difference = {
  readonly field: ContentField
  readonly inRow: JsonValue
  readonly inLetter: JsonValue
}

/** The dead letters in Postgres: to look at, to choose from, to discard. */
export class PostgresDeadLetterStore {
  readonly #pool: pg.Pool
  readonly #statement: (name: string) => string

  constructor(pool: pg.Pool, table: string) {
    this.#pool = pool
    this.#statement = (name) => sqlStatement(name, table)
  }

  /** The newest first. */
  async list(filter: DeadLetterFilter, limit: number): Promise<DeadLetterSummary[]> {
    const { rows } = await this.#pool.query<SummaryRow>(this.#statement('list-dead-letters'), [
      ...toParameters(filter),
      limit,
    ])
    return rows.map(toSummary)
  }

  /** By reason and state, the most frequent first. */
  async counts(filter: DeadLetterFilter): Promise<DeadLetterCount[]> {
    const { rows } = await this.#pool.query<Omit<DeadLetterCount, 'lastId'> & { last_id: number }>(
      this.#statement('count-dead-letters'),
      toParameters(filter),
    )
    return rows.map(({ code, state, count, last_id }) => ({ code, state, count, lastId: last_id }))
  }

  /** The letter with a number of its own, or of the record at a position. */
  async find(reference: number | RecordPosition): Promise<DeadLetter | undefined> {
    const parameters =
      typeof reference === 'number'
        ? [reference, null, null, null]
        : [null, reference.log, reference.partition, reference.offset]
    const found = this.#statement('find-dead-letter')
    const { rows } = await this.#pool.query<LetterRow>(found, parameters)
    return rows[0] && toDeadLetter(rows[0])
  }

  /** The first of a range that match, at most as many as fit into one transaction. */
  async pick(filter: DeadLetterFilter, { after, upTo, atMost }: Range): Promise<number[]> {
    const { rows } = await this.#pool.query<{ id: number }>(this.#statement('pick-dead-letters'), [
      ...toParameters(filter),
      after,
      upTo,
      atMost,
    ])
    return rows.map(({ id }) => id)
  }

  /** What the row under a reading's key says otherwise; undefined where there is no row. */
  async differences(reading: Reading): Promise<Difference[] | undefined> {
    const { vin, recordedAt, sequence, metadata } = reading
    const wanted = metadata === null ? null : JSON.stringify(metadata)
    const { rows } = await this.#pool.query<ContentRow>(this.#statement('row-of-key'), [
      vin,
      toIsoMicroseconds(recordedAt),
      sequence,
      wanted,
    ])
    const row = rows[0]
    if (row === undefined) return undefined
    const present = contentFields.filter((field) =>
      field === 'metadata' ? !row.same_metadata : row[field] !== reading[field],
    )
    return present.map((field) => ({ field, inRow: row[field], inLetter: reading[field] }))
  }

  /** Marks those of them that are open; says how many. */
  async discard(ids: readonly number[], reason: string | null): Promise<number> {
    const statement = this.#statement('discard-dead-letters')
    const { rowCount } = await this.#pool.query(statement, [ids, reason])
    return rowCount ?? 0
  }
}

function toParameters({ codes, since, until, states, ids }: DeadLetterFilter): unknown[] {
  return [
    codes ?? null,
    since === undefined ? null : toIsoMicroseconds(since),
    until === undefined ? null : toIsoMicroseconds(until),
    states,
    ids ?? null,
  ]
}
