import type pg from 'pg'
import type { AccountCheck, RowAccount } from '../../telemetry/ledger.ts'
import { ledgerImbalanceOf } from '../../telemetry/ledger.ts'
import { inTransaction } from './connection.ts'
import type { PlacedLedger } from './ledger-store.ts'
import { PostgresLedgerStore } from './ledger-store.ts'
import { sqlStatement } from './sql-file.ts'

type AccountRow = {
  readonly rows: number
  readonly rows_of_retired_days: number
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

/** A billion rows take minutes; what takes over a day will not end. */
const longestCountMs = 24 * 3_600_000

/**
 * Counts the rows themselves, to be held against the ledgers. Reads the whole table.
 *
 * The table is locked against dropping days before the snapshot is taken: partitions come and go
 * by the newest catalogue, not by the snapshot. The snapshot is one for the whole transaction, so
 * that of a day that is attached meanwhile nothing is seen in the ledgers either.
 */
export async function countRows(pool: pg.Pool, table: string): Promise<RowAccount> {
  const count = async (client: pg.PoolClient): Promise<RowAccount> => {
    await client.query(
      `SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY;
       LOCK TABLE ONLY "${table}" IN ACCESS SHARE MODE`,
    )
    const { rows } = await client.query<AccountRow>(sqlStatement('account-rows', table))
    const row = rows[0]
    if (row === undefined) throw new Error('the account has no answer')
    return {
      rows: row.rows,
      rowsOfRetiredDays: row.rows_of_retired_days,
      stored: row.stored,
      redriven: row.redriven,
    }
  }
  return inTransaction(pool, count, { limitMs: longestCountMs })
}

/**
 * Holds the ledgers against the rows themselves, and remembers what that has found for all consumers
 * and for whoever looks.
 */
export async function checkRows(
  pool: pg.Pool,
  table: string,
): Promise<AccountCheck & { readonly ledgers: readonly PlacedLedger[] }> {
  const since = performance.now()
  const rows = await countRows(pool, table)
  const ledgers = await new PostgresLedgerStore(pool, table).ledgers()
  const seconds = Math.round(performance.now() - since) / 1000
  const check = { rows, ledgerImbalance: ledgerImbalanceOf(ledgers), seconds }
  await recordCheck(pool, table, check)
  return { ...check, ledgers }
}

async function recordCheck(pool: pg.Pool, table: string, check: AccountCheck): Promise<void> {
  const { rows, ledgerImbalance, seconds } = check
  const { rows: present, rowsOfRetiredDays, stored, redriven } = rows
  const counts = [present, rowsOfRetiredDays, stored, redriven]
  await pool.query(sqlStatement('insert-check', table), [...counts, ledgerImbalance, seconds])
}

/** Undefined before the first check. */
export async function lastCheck(pool: pg.Pool, table: string): Promise<LastCheck | undefined> {
  const { rows } = await pool.query<CheckRow>(sqlStatement('last-check', table))
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
