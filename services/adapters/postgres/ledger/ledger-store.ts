import type pg from 'pg'
import type { LedgerOfPartition } from '../../../ledger/account.ts'
import type { LedgerPosition, PartitionLedger } from '../../../ledger/ledger.ts'
import { inTransaction } from '../driver/connection.ts'
import { requireRows } from '../driver/require-rows.ts'
import { sqlStatement } from '../sql-file.ts'

/** A log (one lifetime of a topic) that offsets belong to. */
export type TopicLog = {
  readonly id: number
  readonly clusterId: string
  /** The id of a topic of another program, if it is known. */
  readonly topicId: string | undefined
}

/** When and why a log started. */
export type LogStart = { readonly id: number; readonly reason: string; readonly beganAt: Date }

type CountRow = {
  readonly start_offset: number
  readonly next_offset: number
  readonly stored: number
  readonly updated: number
  readonly duplicate: number
  readonly dead_lettered: number
  readonly expired: number
  readonly without_record: number
}

type LogRow = {
  readonly id: number
  readonly cluster_id: string
  readonly topic_id: string | null
}

/** A ledger, as the database names its columns. */
export type LedgerRow = CountRow & { readonly log_id: number; readonly partition: number }

/** Both columns are null before the first settled record. */
type PositionRow = CountRow & {
  readonly last_offset: number | null
  readonly last_appended_at: number | null
}

/** Only one process begins a log, or first ledgers, at a time. */
export const lockLogs = 'LOCK TABLE event_log IN SHARE ROW EXCLUSIVE MODE'

/** Reads and creates the logs of topics and the ledgers of one pipeline in Postgres. */
export class PostgresLedgerStore {
  readonly #pool: pg.Pool
  readonly #pipeline: string

  constructor(pool: pg.Pool, pipeline: string) {
    this.#pool = pool
    this.#pipeline = pipeline
  }

  /** The ledger of a partition. Creates it at `startOffset` if it does not exist. */
  async ledgerOf(
    logId: number,
    partition: number,
    startOffset: number,
  ): Promise<PartitionLedger & LedgerPosition> {
    const present = await this.#readLedger(logId, partition)
    if (present) return present
    // Only if it is missing: an insert waits for a transaction that holds the existing row.
    const parameters = [this.#pipeline, logId, partition, startOffset]
    await this.#pool.query(sqlStatement('begin-ledger'), parameters)
    const created = await this.#readLedger(logId, partition)
    if (created) return created
    throw new Error(
      `The ledger of pipeline ${this.#pipeline}, log ${logId}, partition ${partition} was deleted.`,
    )
  }

  async #readLedger(
    logId: number,
    partition: number,
  ): Promise<(PartitionLedger & LedgerPosition) | undefined> {
    const key = [this.#pipeline, logId, partition]
    const { rows } = await this.#pool.query<PositionRow>(sqlStatement('read-ledger'), key)
    return rows[0] && { ...toLedger(rows[0]), lastRecord: toLastRecord(rows[0]) }
  }

  async ledgers(): Promise<LedgerOfPartition[]> {
    const statement = sqlStatement('read-ledgers', { pipeline: '$1' })
    const { rows } = await this.#pool.query<LedgerRow>(statement, [this.#pipeline])
    return rows.map(toLedgerOfPartition)
  }

  /** Whether the pipeline has a ledger in any log of the topic. */
  async hasLedger(topic: string): Promise<boolean> {
    return this.#hasLedger(this.#pool, topic)
  }

  /**
   * Begins the ledgers of all partitions in one transaction, unless the pipeline has a ledger in any
   * log of the topic.
   *
   * @param startOffsets the index is the partition
   * @returns whether this call began them
   * @throws Error if the log is no longer the current one of the topic
   */
  async beginLedgers(
    topic: string,
    logId: number,
    startOffsets: readonly number[],
  ): Promise<boolean> {
    return inTransaction(this.#pool, async (client) => {
      // Another instance may do the same at this moment.
      await client.query(lockLogs)
      if (await this.#hasLedger(client, topic)) return false
      const current = await client.query<{ id: number }>(sqlStatement('current-log'), [topic])
      if (current.rows[0]?.id !== logId)
        throw new Error(`Log ${logId} is no longer the current log of the topic ${topic}.`)
      const partitions = startOffsets.map((_, partition) => partition)
      const parameters = [this.#pipeline, logId, partitions, startOffsets]
      const begun = await client.query(sqlStatement('begin-ledgers'), parameters)
      requireRows(begun, startOffsets.length, 'partition_ledger')
      return true
    })
  }

  async #hasLedger(client: Pick<pg.Pool, 'query'>, topic: string): Promise<boolean> {
    const parameters = [this.#pipeline, topic]
    const { rows } = await client.query<{ found: boolean }>(sqlStatement('has-ledger'), parameters)
    return rows[0]?.found === true
  }

  /** Deletes a log that has no ledger. */
  async dropUnusedLog(id: number): Promise<void> {
    await this.#pool.query(sqlStatement('drop-unused-log'), [id])
  }

  /** All logs of a topic, the oldest first. */
  async logs(topic: string): Promise<LogStart[]> {
    const { rows } = await this.#pool.query<{ id: number; reason: string; began_at: Date }>(
      sqlStatement('read-logs'),
      [topic],
    )
    return rows.map((row) => ({ id: row.id, reason: row.reason, beganAt: row.began_at }))
  }

  /** The current log of the topic; undefined before the first one. */
  async currentLog(topic: string): Promise<TopicLog | undefined> {
    const { rows } = await this.#pool.query<LogRow>(sqlStatement('current-log'), [topic])
    const [row] = rows
    if (row === undefined) return undefined
    return { id: row.id, clusterId: row.cluster_id, topicId: row.topic_id ?? undefined }
  }

  /** Sets the topic id of a log that has none. */
  async setTopicId(logId: number, topicId: string): Promise<void> {
    await this.#pool.query(sqlStatement('set-topic-id'), [logId, topicId])
  }

  /**
   * Starts a new log, unless another call has started one since `after` was the current log.
   *
   * @returns the id of the current log, and whether this call started it
   */
  async beginLog(
    topic: string,
    log: {
      readonly clusterId: string
      readonly reason: string
      readonly after: number | undefined
      readonly topicId?: string | undefined
    },
  ): Promise<{ readonly id: number; readonly began: boolean }> {
    return inTransaction(this.#pool, async (client) => {
      await client.query(lockLogs)
      const current = await client.query<{ id: number }>(sqlStatement('current-log'), [topic])
      const present = current.rows[0]?.id
      if (present !== undefined && present !== log.after) return { id: present, began: false }
      const parameters = [log.clusterId, topic, log.reason, log.topicId]
      const begun = await client.query<{ id: number }>(sqlStatement('begin-log'), parameters)
      if (begun.rows[0] === undefined) throw new Error('The insert of the new log returned no id.')
      return { id: begun.rows[0].id, began: true }
    })
  }
}

function toLastRecord(row: PositionRow): LedgerPosition['lastRecord'] {
  const { last_offset: offset, last_appended_at: appendedAt } = row
  return offset === null || appendedAt === null ? undefined : { offset, appendedAt }
}

export function toLedgerOfPartition(row: LedgerRow): LedgerOfPartition {
  return { logId: row.log_id, partition: row.partition, ...toLedger(row) }
}

function toLedger(row: CountRow): PartitionLedger {
  return {
    startOffset: row.start_offset,
    nextOffset: row.next_offset,
    stored: row.stored,
    updated: row.updated,
    duplicate: row.duplicate,
    deadLettered: row.dead_lettered,
    expired: row.expired,
    withoutRecord: row.without_record,
  }
}
