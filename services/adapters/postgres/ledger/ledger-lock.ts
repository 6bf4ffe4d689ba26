import type pg from 'pg'
import type { Logger } from '../../../runtime/logger.ts'
import type { LedgerEntry, RecordIdentity } from '../../../ledger/ledger.ts'
import { settledOffsets } from '../../../ledger/ledger.ts'
import type { DecodedBatch } from '../../../ledger/batch.ts'
import { inTransactionStartingWith } from '../driver/connection.ts'
import { toPostgresFault } from '../driver/errors.ts'
import { requireRows } from '../driver/require-rows.ts'
import type { GroupedStatement } from '../driver/statement-group.ts'
import { sendGroup } from '../driver/statement-group.ts'
import { sqlStatement } from '../sql-file.ts'

/** Another consumer has continued with the partition. The transaction is rolled back. */
export class LedgerMovedError extends Error {}

/** Moves the ledger of a partition from its expected offset to the following offset. */
export type LedgerStep = Pick<
  DecodedBatch<unknown>,
  'partition' | 'expectedOffset' | 'followingOffset' | 'entries'
>

/** Does the work of all steps. It can return statements instead of sending them, if it needs no answer. */
export type LedgerWork = (client: pg.PoolClient) => Promise<WorkResult>

type WorkResult = {
  /** What each step adds to its ledger, in the order of the steps. */
  readonly entries: readonly LedgerEntry[]
  /** Statements that are not sent yet. They are sent in one message with the move of the ledgers. */
  readonly statements?: readonly GroupedStatement[]
  /** Gets the answers to these statements before the commit. Throws if they are not as expected. */
  readonly check?: (answers: readonly pg.QueryResult[]) => void
}

type LockedRow = { readonly partition: number; readonly next_offset: number }

export type LedgerLockOptions = {
  /** Name of the pipeline whose ledgers are locked. */
  readonly pipeline: string
  readonly logger: Logger
  /** A transaction that blocks a ledger row for longer than this counts as frozen. */
  readonly staleAfterSeconds: number
}

const settings = { lock_timeout: '5s' }

/**
 * Uses the ledger rows of partitions as locks. Every change of a ledger goes through this class, so
 * that a frozen holder of a lock can be found and terminated.
 */
export class LedgerLock {
  readonly #pool: pg.Pool
  readonly #options: LedgerLockOptions
  constructor(pool: pg.Pool, options: LedgerLockOptions) {
    this.#pool = pool
    this.#options = options
  }

  /**
   * Moves ledgers of one log, each of a different partition, in one transaction with the work of
   * the
   * steps. If another session has held one of the rows for too long, terminates that session and
   * still rejects: the next attempt gets the lock.
   *
   * @returns the result of `work`
   * @throws LedgerMovedError if a ledger is not at its expected offset
   */
  async advance(
    logId: number,
    steps: readonly LedgerStep[],
    work: LedgerWork,
  ): Promise<readonly LedgerEntry[]> {
    const { pipeline } = this.#options
    const partitions = steps.map(({ partition }) => partition)
    const first = preparedQuery('lock-ledger', [pipeline, logId, partitions])
    const workInTransaction = async (
      client: pg.PoolClient,
      locked: pg.QueryResult<LockedRow>,
    ): Promise<readonly LedgerEntry[]> => {
      requireExpectedOffsets(locked.rows, steps)
      const { entries, statements = [], check } = await work(client)
      const moves = [pipeline, logId, ...toColumns(steps, entries)]
      const advance = preparedQuery('advance-ledger', moves)
      const answers = await sendGroup(client, [...statements, advance])
      check?.(answers)
      requireRows(answers[statements.length], steps.length, 'partition_ledger')
      return entries
    }
    try {
      return await inTransactionStartingWith(
        this.#pool,
        { first, work: workInTransaction },
        { settings },
      )
    } catch (error) {
      if (toPostgresFault(error) === 'locked') await this.#endStaleHolders(logId, steps)
      throw error
    }
  }

  async #endStaleHolders(logId: number, steps: readonly LedgerStep[]): Promise<void> {
    const partitions = steps.map(({ partition }) => partition)
    const { pipeline, staleAfterSeconds, logger } = this.#options
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

/** @throws LedgerMovedError if a ledger is not at its expected offset */
function requireExpectedOffsets(rows: readonly LockedRow[], steps: readonly LedgerStep[]): void {
  const nextOffsets = new Map(rows.map((row) => [row.partition, row.next_offset]))
  const areAsExpected = steps.every(
    ({ partition, expectedOffset }) => nextOffsets.get(partition) === expectedOffset,
  )
  if (!areAsExpected) throw new LedgerMovedError()
}

/** A prepared statement: a connection parses and plans it once instead of once per batch. */
function preparedQuery(name: string, values: unknown[]): pg.QueryConfig {
  return { name, text: sqlStatement(name), values }
}

/** The parameters of `advance-ledger` after pipeline and log id, one array per column. */
function toColumns(
  steps: readonly LedgerStep[],
  entries: readonly LedgerEntry[],
): (number | null)[][] {
  for (const [index, { expectedOffset, followingOffset }] of steps.entries()) {
    const entry = entries[index]
    const following = entry && expectedOffset + settledOffsets(entry)
    if (following !== followingOffset)
      throw new Error(
        `The ledger entry must lead to offset ${followingOffset}, but leads to ${following}.`,
      )
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
 * The last record of a step, by which the log is recognized later. Undefined keeps the previous
 * one.
 * On a topic without broker timestamps, a time may exceed the range of a number or of the column.
 */
function lastRecordOf({ entries }: LedgerStep): RecordIdentity | undefined {
  const last = entries.at(-1)
  if (last === undefined || !Number.isSafeInteger(last.original.appendedAt)) return undefined
  return { offset: last.offset, appendedAt: last.original.appendedAt }
}
