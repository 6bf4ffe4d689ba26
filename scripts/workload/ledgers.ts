import {
  accountedReadings,
  countRows,
} from '../../services/adapters/postgres/ledger/account-store.ts'
import { PostgresLedgerStore } from '../../services/adapters/postgres/ledger/ledger-store.ts'
import { imbalanceOf, rowImbalanceOf } from '../../services/ledger/ledger.ts'
import { readingsPipeline } from '../../services/telemetry/pipeline.ts'
import type { WorkloadPlatform } from './platform.ts'

type Stored = Pick<WorkloadPlatform, 'config' | 'pool'>

/** The ledgers of a platform. verify and bench read them only here. */
export function ledgersOf({ pool }: Pick<WorkloadPlatform, 'pool'>): PostgresLedgerStore {
  return new PostgresLedgerStore(pool, readingsPipeline)
}

/** Whether each ledger balances, and all ledgers together match the number of rows. */
export async function areLedgersBalanced(platform: Stored): Promise<boolean> {
  const ledgers = await ledgersOf(platform).ledgers()
  const rows = await countRows(platform.pool, accountedReadings(platform.config.postgres.table))
  return ledgers.every((ledger) => imbalanceOf(ledger) === 0) && rowImbalanceOf(rows) === 0
}
