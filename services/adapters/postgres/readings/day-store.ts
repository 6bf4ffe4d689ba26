import type pg from 'pg'
import type { DayPartition } from '../../../telemetry/retention.ts'
import { toPostgresFault } from '../driver/errors.ts'
import { sqlStatement } from '../sql-file.ts'

/** A day with its bytes on disk. */
export type StoredDay = DayPartition & {
  /** Of all of it, indexes and all. */
  readonly bytes: number
  /** Of the key's index. */
  readonly indexBytes: number
  /** What the index had when it was last built anew; 0 where it never was. */
  readonly reindexedBytes: number
  /**
   * Whether an index beside it is invalid: a `reindex` that did not come to its end has left it.
   */
  readonly hasUnfinishedIndex: boolean
}

/** The partitions of the table of readings, and what is done with those that are over. */
export class PostgresDayStore {
  readonly #pool: pg.Pool
  readonly #statement: (name: string) => string

  constructor(pool: pg.Pool, table: string) {
    this.#pool = pool
    this.#statement = (name) => sqlStatement(name, { table })
  }

  async days(): Promise<StoredDay[]> {
    const { rows } = await this.#pool.query<StoredDay>(this.#statement('list-days'))
    return rows
  }

  /** Rows that have gone with their days. */
  async rowsOfRetiredDays(): Promise<number> {
    const { rows } = await this.#pool.query<{ rows: number }>(
      this.#statement('rows-of-retired-days'),
    )
    return rows[0]?.rows ?? 0
  }

  /**
   * Removes what a `reindex` that did not come to its end has left.
   *
   * @returns false where others use the day and it is still there
   */
  async dropUnfinishedIndexes(day: string): Promise<boolean> {
    return falseIfLocked(this.#pool.query(this.#statement('drop-unfinished-indexes'), [day]))
  }

  /**
   * Vacuums a day and builds its index anew, while it goes on being read and written. A vacuum that
   * freezes waits for the pages that somebody is reading, which another leaves out.
   *
   * @returns the bytes of the new index
   * @throws Error where there is no such day, or others use it for longer than the pool waits for a
   * lock
   */
  async reindex(day: string): Promise<number> {
    const names = await this.#pool.query<{ partition: string; index: string }>(
      this.#statement('name-day'),
      [day],
    )
    const [name] = names.rows
    if (name === undefined) throw new Error(`there is no day ${day}`)
    await this.#pool.query(`VACUUM (FREEZE) ${name.partition}`)
    await this.#pool.query(`REINDEX INDEX CONCURRENTLY ${name.index}`)
    const statement = this.#statement('record-reindexed')
    const { rows } = await this.#pool.query<{ bytes: number }>(statement, [
      name.partition,
      name.index,
    ])
    return rows[0]?.bytes ?? 0
  }

  /**
   * Closes a day for good: it takes no more rows.
   *
   * @returns false where others use the day and it is still open
   */
  async close(day: string): Promise<boolean> {
    return falseIfLocked(this.#pool.query(this.#statement('close-day'), [day]))
  }

  /** The rows of a day. Reads all of it. */
  async countRows(day: string): Promise<number> {
    const { rows } = await this.#pool.query<{ rows: number }>(this.#statement('count-day'), [day])
    if (rows[0] === undefined) throw new Error('a count has no answer')
    return rows[0].rows
  }

  /**
   * Drops a closed day and keeps the number of its rows, in one transaction.
   *
   * @returns false where others use the table of readings and the day is still there
   */
  async drop(day: string, rows: number): Promise<boolean> {
    return falseIfLocked(this.#pool.query(this.#statement('drop-day'), [day, rows]))
  }
}

async function falseIfLocked(query: Promise<unknown>): Promise<boolean> {
  try {
    await query
    return true
  } catch (error) {
    if (toPostgresFault(error) === 'locked') return false
    throw error
  }
}
