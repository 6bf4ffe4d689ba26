import type pg from 'pg'
import type { DayPartition } from '../../../telemetry/retention.ts'
import { toPostgresFault } from '../driver/errors.ts'
import { sqlStatement } from '../sql-file.ts'

/** A day with its size on disk. */
export type StoredDay = DayPartition & {
  /** Total size, with indexes. */
  readonly bytes: number
  /** Size of the primary key index. */
  readonly indexBytes: number
  /** Size of the index directly after its last reindex; 0 if it was never reindexed. */
  readonly reindexedBytes: number
  /** Whether an interrupted `reindex` has left an invalid index. */
  readonly hasUnfinishedIndex: boolean
}

/** Lists, reindexes, closes and drops the day partitions of the table of readings. */
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

  /** The number of rows that were dropped with their days. */
  async rowsOfRetiredDays(): Promise<number> {
    const { rows } = await this.#pool.query<{ rows: number }>(
      this.#statement('rows-of-retired-days'),
    )
    return rows[0]?.rows ?? 0
  }

  /**
   * Drops invalid indexes that an interrupted `reindex` has left.
   *
   * @returns false if another transaction uses the day; nothing was dropped
   */
  async dropUnfinishedIndexes(day: string): Promise<boolean> {
    return falseIfLocked(this.#pool.query(this.#statement('drop-unfinished-indexes'), [day]))
  }

  /**
   * Vacuums a day and rebuilds its index, while the day can be read and written. VACUUM (FREEZE)
   * waits for pages that are being read; a plain VACUUM skips them.
   *
   * @returns the size of the new index in bytes
   * @throws Error if the day does not exist, or if the lock timeout of the pool expires
   */
  async reindex(day: string): Promise<number> {
    const names = await this.#pool.query<{ partition: string; index: string }>(
      this.#statement('find-day-names'),
      [day],
    )
    const [name] = names.rows
    if (name === undefined) throw new Error(`The day ${day} does not exist.`)
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
   * Closes a day permanently: it accepts no more rows.
   *
   * @returns false if another transaction uses the day; it is still open
   */
  async close(day: string): Promise<boolean> {
    return falseIfLocked(this.#pool.query(this.#statement('close-day'), [day]))
  }

  /** Counts the rows of a day. Reads the whole day. */
  async countRows(day: string): Promise<number> {
    const { rows } = await this.#pool.query<{ rows: number }>(this.#statement('count-day'), [day])
    if (rows[0] === undefined) throw new Error('The count query returned no row.')
    return rows[0].rows
  }

  /**
   * Drops a closed day and stores the number of its rows, in one transaction.
   *
   * @returns false if another transaction uses the table of readings; nothing was dropped
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
