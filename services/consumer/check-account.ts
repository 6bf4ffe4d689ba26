import type { Pool } from '../adapters/postgres/connection.ts'
import { checkRows } from '../adapters/postgres/account-store.ts'
import type { PlacedLedger } from '../adapters/postgres/ledger-store.ts'
import type { Log } from '../runtime/log.ts'
import { imbalanceOf, rowImbalanceOf } from '../telemetry/ledger.ts'

type Options = { readonly pool: Pool; readonly table: string; readonly log: Log }

const advice =
  'Rows of the readings, ledgers or dead letters were changed by something other than the platform, or lost by the disk: stop what does so, keep the database as it is, and compare npm run status with a backup. What is younger than kafka.retentionHours is still in the topic.'

/** Holds the ledgers against the rows themselves, and says loudly when they are off. */
export async function checkAccount({ pool, table, log }: Options): Promise<void> {
  const { rows, ledgers, ledgerImbalance, seconds } = await checkRows(pool, table)
  const rowImbalance = rowImbalanceOf(rows)
  if (rowImbalance === 0 && ledgerImbalance === 0) {
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
