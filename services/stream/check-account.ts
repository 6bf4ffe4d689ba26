import type { AccountedPipeline } from '../adapters/postgres/ledger/account-store.ts'
import { checkRows } from '../adapters/postgres/ledger/account-store.ts'
import type { Pool } from '../adapters/postgres/driver/connection.ts'
import type { LedgerOfPartition } from '../adapters/postgres/ledger/ledger-store.ts'
import { imbalanceOf, rowImbalanceOf } from '../ledger/ledger.ts'
import type { Logger } from '../runtime/logger.ts'

type Options = {
  readonly pool: Pool
  readonly accounted: AccountedPipeline
  readonly logger: Logger
}

const advice =
  'Rows of the table, ledgers or dead letters were changed by something other than the platform, or lost by the disk: stop what does so, keep the database as it is, and compare npm run status with a backup. What is younger than kafka.retentionHours is still in the topic.'

/** Compares the ledgers of a pipeline with the rows of its table; a difference is logged as an error. */
export async function checkAccount({ pool, accounted, logger }: Options): Promise<void> {
  const { pipeline } = accounted
  const { rows, ledgers, ledgerImbalance, seconds } = await checkRows(pool, accounted)
  const rowImbalance = rowImbalanceOf(rows)
  if (rowImbalance === 0 && ledgerImbalance === 0) {
    logger.info({ pipeline, ...rows, seconds }, 'account-balanced')
    return
  }
  const found = { pipeline, ...rows, rowImbalance, partitions: unbalanced(ledgers), seconds }
  logger.error({ ...found, advice }, 'account-unbalanced')
}

function unbalanced(ledgers: readonly LedgerOfPartition[]) {
  return ledgers
    .map((ledger) => ({ log: ledger.logId, partition: ledger.partition, off: imbalanceOf(ledger) }))
    .filter(({ off }) => off !== 0)
}
