import { localPassword, ownerPool } from '../../scripts/platform/local-access.ts'
import {
  accountedReadings,
  countRows,
} from '../../services/adapters/postgres/ledger/account-store.ts'
import { rowImbalanceOf } from '../../services/ledger/ledger.ts'
import type { Tenant } from './tenant.ts'

/**
 * Looks again and again how far the rows are off, as a reader with one statement and as the check
 * does, until the function that it returns is called: that resolves to what was found.
 */
export function watchAccount(tenant: Tenant) {
  const end = new AbortController()
  const found: number[] = []
  const oneStatement = `select (select count(*) from diag) + (select coalesce(sum(row_count), 0) from retired_day)
    - (select sum(stored) from partition_ledger) as off`
  const look = async (): Promise<void> => {
    const pool = ownerPool(tenant.config, localPassword(tenant.deployment.folders))
    while (!end.signal.aborted) {
      found.push(rowImbalanceOf(await countRows(pool, accountedReadings('diag'))))
      const { rows } = await pool.query<{ off: string }>(oneStatement)
      found.push(Number(rows[0]?.off))
    }
    await pool.end()
  }
  const looking = look()
  return async (): Promise<number[]> => {
    end.abort()
    await looking
    return found
  }
}
