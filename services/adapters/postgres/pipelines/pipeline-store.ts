import type pg from 'pg'
import { groupingStageOf } from '../../../ledger/origin.ts'
import { inTransaction } from '../driver/connection.ts'
import { sqlStatement } from '../sql-file.ts'

/** A declared pipeline as the table `pipeline` has it. */
export type StoredPipeline = {
  readonly name: string
  readonly file: string
  /** The declaration in effect, as JSON; null after a reset, until the file is read again. */
  readonly declaration: unknown
  readonly isEnabled: boolean
  /** Why it is paused; undefined if it is not. */
  readonly pauseReason: string | undefined
  /** Whether it is paused until a user decides where it begins in another log of its topic. */
  readonly needsDecision: boolean
  /** What is wrong with the latest version of the file. */
  readonly fault: string | undefined
  readonly declaredAt: Date
  /** When a worker last ran it, or read its file. */
  readonly seenAt: Date
  /** Seconds since then, by the clock of the database. */
  readonly unseenSeconds: number
}

type PipelineRow = {
  readonly name: string
  readonly file: string
  readonly declaration: unknown
  readonly enabled: boolean
  readonly pause_reason: string | null
  readonly needs_decision: boolean
  readonly fault: string | null
  readonly declared_at: Date
  readonly seen_at: Date
  readonly unseen_seconds: number
}

export type NewDeclaration = Pick<StoredPipeline, 'name' | 'file' | 'declaration' | 'isEnabled'>

/** The tables with what pipelines have done, each with a column `pipeline`. */
const recordTables = [
  ...['partition_ledger', 'offset_span', 'dead_letter', 'account_check', 'unreadable_offsets'],
  ...[
    'origin_position',
    'task',
    'task_count',
    'schedule',
    'touched_window',
    'file',
    'refreshed_table',
  ],
] as const

/** A connection with an open transaction. */
export type Transaction = pg.PoolClient
type Client = pg.Pool | Transaction

/** The channel that a change of the table `pipeline` notifies. */
export const pipelineChannel = 'pipeline_changed'

/** Reads and writes the table of declared pipelines. */
export class PostgresPipelineStore {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** All declared pipelines, by name. */
  async list(client: Client = this.#pool): Promise<StoredPipeline[]> {
    const { rows } = await client.query<PipelineRow>(sqlStatement('list-pipelines'))
    return rows.map((row) => ({
      name: row.name,
      file: row.file,
      declaration: row.declaration,
      isEnabled: row.enabled,
      pauseReason: row.pause_reason ?? undefined,
      needsDecision: row.needs_decision,
      fault: row.fault ?? undefined,
      declaredAt: row.declared_at,
      seenAt: row.seen_at,
      unseenSeconds: row.unseen_seconds,
    }))
  }

  /** Runs `work` in a transaction in which no other process declares or changes a pipeline. */
  async change<T>(
    work: (client: Transaction, present: readonly StoredPipeline[]) => Promise<T>,
  ): Promise<T> {
    return inTransaction(this.#pool, async (client) => {
      await client.query('LOCK TABLE pipeline IN SHARE ROW EXCLUSIVE MODE')
      return work(client, await this.list(client))
    })
  }

  /** Makes a declaration the one in effect. */
  async declare(client: Transaction, declared: NewDeclaration): Promise<void> {
    const { name, file, declaration, isEnabled } = declared
    const values = [name, file, JSON.stringify(declaration), isEnabled]
    await client.query(sqlStatement('declare-pipeline'), values)
  }

  /** Records that a worker runs these pipelines now. */
  async markSeen(names: readonly string[]): Promise<void> {
    await this.#pool.query(sqlStatement('mark-seen'), [names])
  }

  /** Records what is wrong with the latest version of the file of a pipeline. */
  async setFault(name: string, fault: string): Promise<void> {
    await this.#pool.query(sqlStatement('set-pipeline-fault'), [name, fault])
  }

  /** @returns false if there is no such pipeline, or if it is paused already */
  async pause(name: string, reason: string): Promise<boolean> {
    const { rowCount } = await this.#pool.query(sqlStatement('pause-pipeline'), [name, reason])
    return rowCount === 1
  }

  /**
   * @param reason resumes it only if it was paused for this reason
   * @returns false if it is not paused for this reason, or needs a decision
   */
  async resume(name: string, reason?: string): Promise<boolean> {
    const values = [name, reason ?? null]
    const { rowCount } = await this.#pool.query(sqlStatement('resume-pipeline'), values)
    return rowCount === 1
  }

  /** The outcomes of all pipelines that have settled a record. */
  async outcomes(): Promise<PipelineOutcomes[]> {
    const statement = sqlStatement('outcomes-of-pipelines')
    const { rows } = await this.#pool.query<OutcomesRow>(statement)
    return rows.map(({ dead_lettered: deadLettered, open_letters: openLetters, ...counts }) => {
      return { ...counts, deadLettered, openLetters }
    })
  }

  /**
   * Deletes the ledgers, dead letters, tasks, unsent messages, results that wait for the bucket, and the declaration of a paused pipeline.
   *
   * @param relation its table, which is dropped; undefined if no table belongs to it
   */
  async reset(client: Transaction, name: string, relation: string | undefined): Promise<void> {
    if (relation !== undefined) await client.query(`DROP TABLE IF EXISTS ${relation}`)
    await client.query(sqlStatement('remove-messages-of-pipeline'), [name])
    await client.query(sqlStatement('remove-waiting-outputs'), [name])
    for (const table of recordTables) {
      await client.query(`DELETE FROM ${table} WHERE pipeline IN ($1, $2)`, [
        name,
        groupingStageOf(name),
      ])
    }
    await client.query(sqlStatement('forget-pipeline'), [name])
  }

  /** Records that users have deleted rows of the table; a negative number if they have added rows. */
  async acceptRemovedRows(name: string, rows: number): Promise<void> {
    await this.#pool.query(sqlStatement('accept-rows'), [name, rows])
  }
}

/** The number of rows that users have deleted from the table of a pipeline, and have accepted. */
export async function acceptedRows(client: Client, name: string): Promise<number> {
  const { rows } = await client.query<{ rows: number }>(sqlStatement('removed-rows'), [name])
  return rows[0]?.rows ?? 0
}

/** What became of the records of a pipeline, in all logs. */
export type PipelineOutcomes = {
  readonly pipeline: string
  readonly settled: number
  readonly stored: number
  readonly updated: number
  readonly duplicate: number
  readonly deadLettered: number
  readonly openLetters: number
}

/** The outcomes of a pipeline that has settled no record. */
export const noOutcomes = (pipeline: string): PipelineOutcomes => ({
  pipeline,
  ...{ settled: 0, stored: 0, updated: 0, duplicate: 0, deadLettered: 0, openLetters: 0 },
})

type OutcomesRow = Omit<PipelineOutcomes, 'deadLettered' | 'openLetters'> & {
  readonly dead_lettered: number
  readonly open_letters: number
}

/** The columns of a table with their SQL types; empty if there is no such table. */
export async function columnsOfTable(
  client: Client,
  relation: string,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ name: string; type: string }>(
    sqlStatement('columns-of-table'),
    [relation],
  )
  return new Map(rows.map(({ name, type }) => [name, type]))
}

/** Whether rows of the table can be found by the key: it has a primary key or a unique index of these columns. */
export async function hasUniqueKey(
  client: Client,
  relation: string,
  key: readonly string[],
): Promise<boolean> {
  const { rows } = await client.query<{ columns: readonly string[] }>(
    sqlStatement('unique-keys-of-table'),
    [relation],
  )
  const wanted = JSON.stringify([...key].sort())
  return rows.some(({ columns }) => JSON.stringify([...columns].sort()) === wanted)
}
