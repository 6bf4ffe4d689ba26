import type pg from 'pg'
import type { AccountCheck, RowAccount } from '../../../ledger/ledger.ts'
import { ledgerImbalanceOf } from '../../../ledger/ledger.ts'
import { inTransaction } from '../driver/connection.ts'
import type { LedgerOfPartition } from '../../../ledger/account.ts'
import { PostgresLedgerStore } from './ledger-store.ts'
import { readingsPipeline } from '../../../telemetry/pipeline.ts'
import { sqlStatement } from '../sql-file.ts'
import { relationOf } from '../tables/table-statements.ts'

type AccountRow = {
  readonly rows: number
  readonly stored: number
  readonly redriven: number
}

/** A pipeline whose account is checked, and its table. */
export type AccountedPipeline = {
  readonly pipeline: string
  /** The quoted name of the table, with its schema of the database if it has one. */
  readonly relation: string
  /** Reads the number of rows that were removed from the table on purpose; by default 0. */
  readonly removedRows?: (client: pg.PoolClient) => Promise<number>
}

/** Counting a billion rows takes minutes. A count that takes a day will never end. */
const countTimeoutMs = 24 * 3_600_000

/**
 * Counts the rows of the table, to compare them with the ledgers. Reads the whole table.
 *
 * The lock prevents that a day is dropped during the count. It is taken before the snapshot,
 * because
 * the list of partitions comes from the current catalogue and not from the snapshot. One snapshot
 * is
 * used for the whole transaction: if a day is attached during the count, neither its rows nor its
 * ledger entries are counted.
 */
export async function countRows(
  pool: pg.Pool,
  { pipeline, relation, removedRows }: AccountedPipeline,
): Promise<RowAccount> {
  const count = async (client: pg.PoolClient): Promise<RowAccount> => {
    await client.query(
      `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
       LOCK TABLE ONLY ${relation} IN ACCESS SHARE MODE`,
    )
    const statement = sqlStatement('account-rows', { relation })
    const { rows } = await client.query<AccountRow>(statement, [pipeline])
    const row = rows[0]
    if (row === undefined) throw new Error('The account query returned no row.')
    return {
      rows: row.rows,
      rowsOfRetiredDays: (await removedRows?.(client)) ?? 0,
      stored: row.stored,
      redriven: row.redriven,
    }
  }
  return inTransaction(pool, count, { timeoutMs: countTimeoutMs })
}

/**
 * Compares the ledgers with the rows of the table, and stores the result for all consumers and for
 * the dashboard.
 */
export async function checkRows(
  pool: pg.Pool,
  accounted: AccountedPipeline,
): Promise<AccountCheck & { readonly ledgers: readonly LedgerOfPartition[] }> {
  const { pipeline } = accounted
  const since = performance.now()
  const rows = await countRows(pool, accounted)
  const ledgers = await new PostgresLedgerStore(pool, pipeline).ledgers()
  const seconds = Math.round(performance.now() - since) / 1000
  const check = { rows, ledgerImbalance: ledgerImbalanceOf(ledgers), seconds }
  await recordCheck(pool, pipeline, check)
  return { ...check, ledgers }
}

async function recordCheck(pool: pg.Pool, pipeline: string, check: AccountCheck): Promise<void> {
  const { rows, ledgerImbalance, seconds } = check
  const { rows: present, rowsOfRetiredDays, stored, redriven } = rows
  const counts = [present, rowsOfRetiredDays, stored, redriven]
  const values = [pipeline, ...counts, ledgerImbalance, seconds]
  await pool.query(sqlStatement('insert-check'), values)
}

/** The readings pipeline. Its retention removes rows together with their days. */
export function accountedReadings(table: string): AccountedPipeline {
  return {
    pipeline: readingsPipeline,
    relation: relationOf({ table }),
    removedRows: async (client) => {
      const statement = sqlStatement('rows-of-retired-days')
      const { rows } = await client.query<{ rows: number }>(statement)
      return rows[0]?.rows ?? 0
    },
  }
}
