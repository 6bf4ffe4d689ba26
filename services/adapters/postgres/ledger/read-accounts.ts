import type pg from 'pg'
import type { LedgerOfPartition } from '../../../ledger/account.ts'
import { sqlStatement } from '../sql-file.ts'
import type { LedgerRow } from './ledger-store.ts'
import { toLedgerOfPartition } from './ledger-store.ts'

/** The result of the last account check. `ageSeconds` is by the clock of the database. */
export type LastCheck = {
  readonly checkedAt: Date
  readonly ageSeconds: number
  readonly rowImbalance: number
  readonly ledgerImbalance: number
  readonly seconds: number
}

/** A pipeline and the topic that it reads. */
export type AccountOwner = { readonly pipeline: string; readonly topic: string }

export type StoredAccount = {
  readonly pipeline: string
  readonly ledgers: readonly LedgerOfPartition[]
  /** The current log of the topic; undefined before the first one. */
  readonly currentLogId: number | undefined
  /** Undefined before the first check. */
  readonly lastCheck: LastCheck | undefined
}

type CheckRow = {
  readonly checked_at: Date
  readonly age_seconds: number
  readonly row_imbalance: number
  readonly ledger_imbalance: number
  readonly seconds: number
}

type AccountRow = {
  readonly pipeline: string
  readonly ledgers: readonly LedgerRow[] | null
  readonly current_log_id: number | null
} & (CheckRow | { readonly checked_at: null })

/** Reads the accounts of any number of pipelines with one query. */
export async function readAccounts(
  pool: pg.Pool,
  owners: readonly AccountOwner[],
): Promise<StoredAccount[]> {
  if (owners.length === 0) return []
  const parameters = [owners.map(({ pipeline }) => pipeline), owners.map(({ topic }) => topic)]
  const statement = sqlStatement('read-accounts', { pipeline: 'account.pipeline' })
  const { rows } = await pool.query<AccountRow>(statement, parameters)
  return rows.map((row) => ({
    pipeline: row.pipeline,
    ledgers: (row.ledgers ?? []).map(toLedgerOfPartition),
    currentLogId: row.current_log_id ?? undefined,
    lastCheck: row.checked_at === null ? undefined : toLastCheck(row),
  }))
}

/** The last account check; undefined before the first one. */
export async function readLastCheck(
  pool: pg.Pool,
  pipeline: string,
): Promise<LastCheck | undefined> {
  const statement = sqlStatement('last-check', { pipeline: '$1' })
  const { rows } = await pool.query<CheckRow>(statement, [pipeline])
  return rows[0] && toLastCheck(rows[0])
}

function toLastCheck(row: CheckRow): LastCheck {
  return {
    checkedAt: row.checked_at,
    ageSeconds: row.age_seconds,
    rowImbalance: row.row_imbalance,
    ledgerImbalance: row.ledger_imbalance,
    seconds: row.seconds,
  }
}
