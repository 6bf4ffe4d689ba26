import { localPassword, ownerPool } from '../../scripts/platform/database.ts'
import {
  accountedReadings,
  countRows,
} from '../../services/adapters/postgres/ledger/account-store.ts'
import { rowImbalanceOf } from '../../services/ledger/ledger.ts'
import type { Tenant } from './tenant.ts'

/**
 * Computes the row imbalance repeatedly: as the account check does, and with one SQL statement.
 * Returns a function that stops it and resolves to all computed values.
 */
export function watchAccount(tenant: Tenant) {
  const stopping = new AbortController()
  const imbalances: number[] = []
  const oneStatement = `select (select count(*) from diag) + (select coalesce(sum(row_count), 0) from retired_day)
    - (select sum(stored) from partition_ledger) as off`
  const compute = async (): Promise<void> => {
    const pool = ownerPool(tenant.config, localPassword(tenant.deployment.folders))
    while (!stopping.signal.aborted) {
      imbalances.push(rowImbalanceOf(await countRows(pool, accountedReadings('diag'))))
      const { rows } = await pool.query<{ off: string }>(oneStatement)
      imbalances.push(Number(rows[0]?.off))
    }
    await pool.end()
  }
  const ended = compute()
  return async (): Promise<number[]> => {
    stopping.abort()
    await ended
    return imbalances
  }
}
