import type pg from 'pg'
import type { PresentDay } from '../../telemetry/retention.ts'
import { toPostgresFault } from './errors.ts'
import { sqlStatement } from './sql-file.ts'

/** A day with its size on disk, indexes and all. */
export type StoredDay = PresentDay & { readonly bytes: number }

/** The partitions of the table of readings, and what retention does with them. */
export class PostgresDayStore {
  readonly #pool: pg.Pool
  readonly #statement: (name: string) => string

  constructor(pool: pg.Pool, table: string) {
    this.#pool = pool
    this.#statement = (name) => sqlStatement(name, table)
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
   * Closes a day for good: it takes no more rows.
   *
   * @returns false where others use the day and it is still open
   */
  async close(day: string): Promise<boolean> {
    return unlessLocked(this.#pool.query(this.#statement('close-day'), [day]))
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
    return unlessLocked(this.#pool.query(this.#statement('drop-day'), [day, rows]))
  }
}

async function unlessLocked(query: Promise<unknown>): Promise<boolean> {
  try {
    await query
    return true
  } catch (error) {
    if (toPostgresFault(error) === 'locked') return false
    throw error
  }
}
