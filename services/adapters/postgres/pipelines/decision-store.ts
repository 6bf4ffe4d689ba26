import type pg from 'pg'
import { requireRows } from '../driver/require-rows.ts'
import { lockLogs } from '../ledger/ledger-store.ts'
import { sqlStatement } from '../sql-file.ts'
import { PostgresPipelineStore } from './pipeline-store.ts'

/** Where a pipeline begins in another log of its topic, as a user has decided. */
export type Decision = {
  readonly topic: string
  readonly clusterId: string
  /** The id of a topic of another program. */
  readonly topicId: string | undefined
  /** The index is the partition. */
  readonly startOffsets: readonly number[]
  /** Why the log begins, if it has not begun yet. */
  readonly reason: string
}

/** The log in which the ledgers have begun, and whether the log itself is new. */
export type BegunLog = { readonly logId: number; readonly isNew: boolean }

/** Stops a pipeline at another log of its topic, and lets it continue after a user has decided. */
export class PostgresDecisionStore {
  readonly #pipelines: PostgresPipelineStore

  constructor(pool: pg.Pool) {
    this.#pipelines = new PostgresPipelineStore(pool)
  }

  /**
   * Pauses a pipeline until a user decides.
   *
   * @param afterLog the log of its latest ledgers, after which another log was found
   * @returns false if it is paused already, or has ledgers in a later log
   */
  async request(pipeline: string, afterLog: number, reason: string): Promise<boolean> {
    return this.#pipelines.change(async (client) => {
      const values = [pipeline, afterLog, reason]
      const { rowCount } = await client.query(sqlStatement('request-decision'), values)
      return rowCount === 1
    })
  }

  /**
   * Begins all ledgers of the pipeline in the other log, and resumes the pipeline, in one transaction.
   * The log begins too, unless another pipeline has begun it.
   *
   * @returns undefined if the pipeline does not need a decision
   */
  async settle(pipeline: string, decision: Decision): Promise<BegunLog | undefined> {
    return this.#pipelines.change(async (client, present) => {
      const found = present.find(({ name }) => name === pipeline)
      if (found?.needsDecision !== true) return undefined
      const log = await otherLog(client, pipeline, decision)
      const { startOffsets } = decision
      const partitions = startOffsets.map((_, partition) => partition)
      const ledgers = [pipeline, log.logId, partitions, startOffsets]
      const begun = await client.query(sqlStatement('begin-ledgers'), ledgers)
      requireRows(begun, startOffsets.length, 'partition_ledger')
      await client.query(sqlStatement('settle-decision'), [pipeline])
      return log
    })
  }
}

/** The current log of the topic, or a new one if the pipeline has read the current one. */
async function otherLog(
  client: pg.PoolClient,
  pipeline: string,
  { topic, clusterId, topicId, reason }: Decision,
): Promise<BegunLog> {
  await client.query(lockLogs)
  const last = await idOf(client, 'last-log-of-pipeline', [pipeline])
  const current = await idOf(client, 'current-log', [topic])
  if (current !== undefined && current !== last) return { logId: current, isNew: false }
  const logId = await idOf(client, 'begin-log', [clusterId, topic, reason, topicId])
  if (logId === undefined) throw new Error('The insert of the new log returned no id.')
  return { logId, isNew: true }
}

async function idOf(
  client: pg.PoolClient,
  statement: string,
  values: readonly (string | undefined)[],
): Promise<number | undefined> {
  const { rows } = await client.query<{ id: number | null }>(sqlStatement(statement), [...values])
  return rows[0]?.id ?? undefined
}
