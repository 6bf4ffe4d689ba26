import type pg from 'pg'
import type { RowAccount } from '../../telemetry/ledger.ts'
import { sqlStatement } from './sql-file.ts'

type AccountRow = {
  readonly rows: number
  readonly rows_of_retired_days: number
  readonly stored: number
  readonly redriven: number
}

/** Counts the rows themselves, to be held against the ledgers. Reads the whole table. */
export async function countRows(pool: pg.Pool, table: string): Promise<RowAccount> {
  const { rows } = await pool.query<AccountRow>(sqlStatement('account-rows', table))
  const row = rows[0]
  if (row === undefined) throw new Error('the account has no answer')
  return {
    rows: row.rows,
    rowsOfRetiredDays: row.rows_of_retired_days,
    stored: row.stored,
    redriven: row.redriven,
  }
}
