import type { Pool } from '../adapters/postgres/connection.ts'
import { countRows, recordCheck } from '../adapters/postgres/account-store.ts'
import type { PlacedLedger } from '../adapters/postgres/ledger-store.ts'
import { PostgresLedgerStore } from '../adapters/postgres/ledger-store.ts'
import type { Log } from '../runtime/log.ts'
import type { AccountCheck } from '../telemetry/ledger.ts'
import { imbalanceOf, ledgerImbalanceOf, rowImbalanceOf } from '../telemetry/ledger.ts'

type Options = { readonly pool: Pool; readonly table: string; readonly log: Log }

const advice =
  'Rows of the readings, ledgers or dead letters were changed by something other than the platform, or lost by the disk: stop what does so, keep the database as it is, and compare npm run status with a backup. What is younger than kafka.retentionHours is still in the topic.'

/** Holds the ledgers against the rows themselves, remembers the result, and says loudly when off. */
export async function checkAccount({ pool, table, log }: Options): Promise<void> {
  const since = performance.now()
  const rows = await countRows(pool, table)
  const ledgers = await new PostgresLedgerStore(pool, table).ledgers()
  const seconds = Math.round(performance.now() - since) / 1000
  const check: AccountCheck = { rows, ledgerImbalance: ledgerImbalanceOf(ledgers), seconds }
  await recordCheck(pool, table, check)
  const rowImbalance = rowImbalanceOf(rows)
  if (rowImbalance === 0 && check.ledgerImbalance === 0) {
    log.info({ ...rows, seconds }, 'account-balanced')
    return
  }
  const found = { ...rows, rowImbalance, partitions: unbalanced(ledgers), seconds }
  log.error({ ...found, advice }, 'account-unbalanced')
}

function unbalanced(ledgers: readonly PlacedLedger[]) {
  return ledgers
    .map((ledger) => ({ log: ledger.log, partition: ledger.partition, off: imbalanceOf(ledger) }))
    .filter(({ off }) => off !== 0)
}
