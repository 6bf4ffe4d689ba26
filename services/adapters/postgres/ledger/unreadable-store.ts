import type pg from 'pg'
import type { UnreadableOffsets } from '../../../ledger/unreadable.ts'
import { sqlStatement } from '../sql-file.ts'

type UnreadableRow = {
  readonly log_id: number
  readonly partition: number
  readonly first_offset: number
  readonly last_offset: number | null
  readonly reason: string
}

/** The offsets of one pipeline that its consumers have reported as unreadable. */
export class UnreadableStore {
  readonly #pool: pg.Pool
  readonly #pipeline: string

  constructor(pool: pg.Pool, pipeline: string) {
    this.#pool = pool
    this.#pipeline = pipeline
  }

  /** Replaces what was recorded of the partition before. */
  async record(offsets: UnreadableOffsets): Promise<void> {
    const { logId, partition, firstOffset, lastOffset, reason } = offsets
    const values = [this.#pipeline, logId, partition, firstOffset, lastOffset ?? null, reason]
    await this.#pool.query(sqlStatement('record-unreadable'), values)
  }

  /** Those at which a ledger of the topic's current log is. */
  async current(topic: string): Promise<UnreadableOffsets[]> {
    const parameters = [this.#pipeline, topic]
    const statement = sqlStatement('current-unreadable')
    const { rows } = await this.#pool.query<UnreadableRow>(statement, parameters)
    return rows.map((row) => ({
      logId: row.log_id,
      partition: row.partition,
      firstOffset: row.first_offset,
      lastOffset: row.last_offset ?? undefined,
      reason: row.reason,
    }))
  }
}
