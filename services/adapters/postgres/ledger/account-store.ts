import type pg from 'pg'
import type { AccountCheck, RowAccount } from '../../../ledger/ledger.ts'
import { ledgerImbalanceOf } from '../../../ledger/ledger.ts'
import { inTransaction } from '../driver/connection.ts'
import type { LedgerOfPartition } from './ledger-store.ts'
import { PostgresLedgerStore } from './ledger-store.ts'
import { readingsPipeline } from '../../../telemetry/pipeline.ts'
import { sqlStatement } from '../sql-file.ts'

type AccountRow = {
  readonly rows: number
  readonly stored: number
  readonly redriven: number
}

type CheckRow = {
  readonly checked_at: Date
  readonly age_seconds: number
  readonly row_imbalance: number
  readonly ledger_imbalance: number
  readonly seconds: number
}

/** What the last check of the account has found, and how long ago by the database's clock. */
export type LastCheck = {
  readonly checkedAt: Date
  readonly ageSeconds: number
  readonly rowImbalance: number
  readonly ledgerImbalance: number
  readonly seconds: number
}

/** A pipeline whose account is checked, and the table that it writes to. */
export type AccountedPipeline = {
  readonly pipeline: string
  readonly table: string
  /** Asks for the number of rows that were removed from the table on purpose; none by default. */
  readonly removedRows?: (client: pg.PoolClient) => Promise<number>
}

/** A billion rows take minutes; what takes over a day will not end. */
const countTimeoutMs = 24 * 3_600_000

/**
 * Counts the rows themselves, to be held against the ledgers. Reads the whole table.
 *
 * The table is locked against dropping days before the snapshot is taken: partitions come and go
 * by the newest catalogue, not by the snapshot. The snapshot is one for the whole transaction, so
 * that of a day that is attached meanwhile nothing is seen in the ledgers either.
 */
export async function countRows(
  pool: pg.Pool,
  { pipeline, table, removedRows }: AccountedPipeline,
): Promise<RowAccount> {
  const count = async (client: pg.PoolClient): Promise<RowAccount> => {
    await client.query(
      `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
       LOCK TABLE ONLY "${table}" IN ACCESS SHARE MODE`,
    )
    const statement = sqlStatement('account-rows', { table })
    const { rows } = await client.query<AccountRow>(statement, [pipeline])
    const row = rows[0]
    if (row === undefined) throw new Error('the account has no answer')
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
 * Holds the ledgers against the rows themselves, and remembers what that has found for all
 * consumers
 * and for whoever looks.
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

/** Undefined before the first check. */
export async function lastCheck(pool: pg.Pool, pipeline: string): Promise<LastCheck | undefined> {
  const { rows } = await pool.query<CheckRow>(sqlStatement('last-check'), [pipeline])
  const row = rows[0]
  return (
    row && {
      checkedAt: row.checked_at,
      ageSeconds: row.age_seconds,
      rowImbalance: row.row_imbalance,
      ledgerImbalance: row.ledger_imbalance,
      seconds: row.seconds,
    }
  )
}

/** The readings and their table, from which retention drops rows with their days. */
export function accountedReadings(table: string): AccountedPipeline {
  return {
    pipeline: readingsPipeline,
    table,
    removedRows: async (client) => {
      const statement = sqlStatement('rows-of-retired-days')
      const { rows } = await client.query<{ rows: number }>(statement)
      return rows[0]?.rows ?? 0
    },
  }
}
