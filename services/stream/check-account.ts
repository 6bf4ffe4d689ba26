import type { AccountedPipeline } from '../adapters/postgres/ledger/account-store.ts'
import { checkRows } from '../adapters/postgres/ledger/account-store.ts'
import type { LastCheck } from '../adapters/postgres/ledger/read-accounts.ts'
import { readLastCheck } from '../adapters/postgres/ledger/read-accounts.ts'
import type { Pool } from '../adapters/postgres/driver/connection.ts'
import type { LedgerOfPartition } from '../ledger/account.ts'
import { imbalanceOf, rowImbalanceOf } from '../ledger/ledger.ts'
import type { Logger } from '../runtime/logger.ts'

type Options = {
  readonly pool: Pool
  readonly accounted: AccountedPipeline
  readonly logger: Logger
}

const advice =
  'Something other than the platform has changed rows, ledgers or dead letters, or the disk has lost them. Stop the cause, do not change the database, and compare the output of npm run status with a backup. Records younger than kafka.retentionHours are still in the topic.'

/** Checks the account if the last check is older than the interval. */
export async function checkAccountIfDue(
  options: Options & { readonly checkIntervalSeconds: number },
): Promise<void> {
  const last = await readLastCheck(options.pool, options.accounted.pipeline)
  if (isCheckDue(last, options.checkIntervalSeconds)) await checkAccount(options)
}

export const isCheckDue = (last: LastCheck | undefined, intervalSeconds: number): boolean =>
  last === undefined || last.ageSeconds >= intervalSeconds

/** Compares the ledgers of a pipeline with the rows of its table. Logs a difference as an error. */
async function checkAccount({ pool, accounted, logger }: Options): Promise<void> {
  const { pipeline } = accounted
  const { rows, ledgers, ledgerImbalance, seconds } = await checkRows(pool, accounted)
  const rowImbalance = rowImbalanceOf(rows)
  if (rowImbalance === 0 && ledgerImbalance === 0) {
    logger.info({ pipeline, ...rows, seconds }, 'account-balanced')
    return
  }
  const difference = { pipeline, ...rows, rowImbalance, partitions: unbalanced(ledgers), seconds }
  logger.error({ ...difference, advice }, 'account-unbalanced')
}

function unbalanced(ledgers: readonly LedgerOfPartition[]) {
  return ledgers
    .map((ledger) => ({ log: ledger.logId, partition: ledger.partition, off: imbalanceOf(ledger) }))
    .filter(({ off }) => off !== 0)
}
