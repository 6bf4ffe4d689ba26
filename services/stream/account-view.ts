import { lastCheck } from '../adapters/postgres/ledger/account-store.ts'
import type { Pool } from '../adapters/postgres/driver/connection.ts'
import { PostgresLedgerStore } from '../adapters/postgres/ledger/ledger-store.ts'
import type { LogRange } from '../ledger/ledger.ts'
import type { AccountView } from './account-metrics.ts'

type Options = {
  readonly pipeline: string
  readonly topic: string
  /** Offset ranges of the topic by partition; empty if Kafka has not responded. */
  readonly ranges: readonly LogRange[]
  readonly checkIntervalSeconds: number
}

/** Reads the account of a pipeline from the database. */
export async function readAccountView(pool: Pool, options: Options): Promise<AccountView> {
  const { pipeline, topic, ranges, checkIntervalSeconds } = options
  const store = new PostgresLedgerStore(pool, pipeline)
  const ledgers = await store.ledgers()
  const current = await store.currentLog(topic)
  const check = await lastCheck(pool, pipeline)
  const view = { pipeline, ledgers, ranges, checkIntervalSeconds }
  return { ...view, currentLogId: current?.id, lastCheck: check }
}
