import type pg from 'pg'
import type { Logger } from '../../../runtime/logger.ts'
import type { LedgerEntry, RecordIdentity } from '../../../ledger/ledger.ts'
import { settledOffsets } from '../../../ledger/ledger.ts'
import type { DecodedBatch } from '../../../ledger/batch.ts'
import { inTransaction } from '../driver/connection.ts'
import { toPostgresFault } from '../driver/errors.ts'
import { sqlStatement } from '../sql-file.ts'

/** Somebody else has gone on with the partition. It ends the transaction: nothing of it stays. */
export class LedgerMovedError extends Error {}

/** A step of a partition's ledger: from where it is expected to be, to where it is afterwards. */
export type LedgerStep = Pick<
  DecodedBatch<unknown>,
  'partition' | 'expectedOffset' | 'followingOffset' | 'entries'
>

/** Does the work of the steps, and says of each, in their order, what it adds to its ledger. */
export type LedgerWork = (client: pg.PoolClient) => Promise<readonly LedgerEntry[]>

export type LedgerLockOptions = {
  /** Name of the pipeline whose ledgers are locked. */
  readonly pipeline: string
  readonly logger: Logger
  /** Age at which a transaction that holds a ledger row in our way is taken for frozen. */
  readonly staleAfterSeconds: number
}

const settings = { lock_timeout: '5s' }

/**
 * The ledger rows of partitions as locks: whoever moves a ledger goes through here, so that one
 * who is frozen while he holds it can be found and ended.
 */
export class LedgerLock {
  readonly #pool: pg.Pool
  readonly #options: LedgerLockOptions
  constructor(pool: pg.Pool, options: LedgerLockOptions) {
    this.#pool = pool
    this.#options = options
  }

  /**
   * Moves ledgers of one log, each of another partition, in one transaction with the work that
   * the steps stand for. Where somebody else has held one of the rows for too long it ends him,
   * and rejects all the same: the next try finds the row free.
   *
   * @returns what `work` has said
   * @throws LedgerMoved where one of the ledgers is not where it is expected
   */
  async advance(
    logId: number,
    steps: readonly LedgerStep[],
    work: LedgerWork,
  ): Promise<readonly LedgerEntry[]> {
    const workInTransaction = async (client: pg.PoolClient): Promise<readonly LedgerEntry[]> => {
      await this.#lockRows(client, logId, steps)
      const entries = await work(client)
      const moves = [this.#options.pipeline, logId, ...toColumns(steps, entries)]
      await client.query(preparedQuery('advance-ledger', moves))
      return entries
    }
    try {
      return await inTransaction(this.#pool, workInTransaction, { settings })
    } catch (error) {
      if (toPostgresFault(error) === 'locked') await this.#endStaleHolders(logId, steps)
      throw error
    }
  }

  async #lockRows(
    client: pg.PoolClient,
    logId: number,
    steps: readonly LedgerStep[],
  ): Promise<void> {
    const partitions = steps.map(({ partition }) => partition)
    const { rows } = await client.query<{ partition: number; next_offset: number }>(
      preparedQuery('lock-ledger', [this.#options.pipeline, logId, partitions]),
    )
    const nextOffsets = new Map(rows.map((row) => [row.partition, row.next_offset]))
    const areAsExpected = steps.every(
      ({ partition, expectedOffset }) => nextOffsets.get(partition) === expectedOffset,
    )
    if (!areAsExpected) throw new LedgerMovedError()
  }

  async #endStaleHolders(logId: number, steps: readonly LedgerStep[]): Promise<void> {
    const partitions = steps.map(({ partition }) => partition)
    const { pipeline, staleAfterSeconds, logger: logger } = this.#options
    const { rowCount } = await this.#pool.query(sqlStatement('end-stale-holders'), [
      pipeline,
      logId,
      partitions,
      staleAfterSeconds,
    ])
    if (rowCount === null || rowCount === 0) return
    logger.warn({ log: logId, partitions, sessions: rowCount }, 'stale-ledger-holder-ended')
  }
}

/** A statement under a name: a connection has it parsed and planned once, not for each batch. */
function preparedQuery(name: string, values: unknown[]): pg.QueryConfig {
  return { name, text: sqlStatement(name), values }
}

/** What `advance-ledger` takes besides pipeline and log, an array for each column. */
function toColumns(
  steps: readonly LedgerStep[],
  entries: readonly LedgerEntry[],
): (number | null)[][] {
  for (const [index, { expectedOffset, followingOffset }] of steps.entries()) {
    const entry = entries[index]
    const following = entry && expectedOffset + settledOffsets(entry)
    if (following !== followingOffset)
      throw new Error(`the account of offsets up to ${followingOffset} gives ${following}`)
  }
  const lastRecords = steps.map(lastRecordOf)
  return [
    steps.map(({ partition }) => partition),
    steps.map(({ followingOffset }) => followingOffset),
    entries.map(({ stored }) => stored),
    entries.map(({ updated }) => updated),
    entries.map(({ duplicate }) => duplicate),
    entries.map(({ deadLettered }) => deadLettered),
    entries.map(({ expired }) => expired),
    entries.map(({ withoutRecord }) => withoutRecord),
    lastRecords.map((record) => record?.offset ?? null),
    lastRecords.map((record) => record?.appendedAt ?? null),
  ]
}

/**
 * The record that the ledger will be known by; where a step has none, the one before stays. On a
 * topic whose times are not the broker's, one may be beyond what a number or a column holds.
 */
function lastRecordOf({ entries }: LedgerStep): RecordIdentity | undefined {
  const last = entries.at(-1)
  if (last === undefined || !Number.isSafeInteger(last.original.appendedAt)) return undefined
  return { offset: last.offset, appendedAt: last.original.appendedAt }
}
