import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import { ForwardingStore } from '../../adapters/postgres/ledger/forwarding-store.ts'
import type { Forward } from '../../adapters/postgres/ledger/forwarding-store.ts'
import type { LedgerLock } from '../../adapters/postgres/ledger/ledger-lock.ts'
import { LedgeredStore } from '../../adapters/postgres/ledger/ledgered-store.ts'
import { checkPrimaryKey } from '../../adapters/postgres/tables/check-primary-key.ts'
import type { TableSink } from '../../adapters/postgres/tables/table-sink.ts'
import type { MultiPartitionStore } from '../../ledger/batch.ts'

/** Where the records of a pipeline go: to a table, or to another topic. */
export type StreamTarget<Row> =
  | {
      /** @param pool for queries outside the transactions that store rows */
      readonly sink: (pool: Pool) => TableSink<Row>
      /** Whether the topic is a grouped one: then repeated records are duplicates. By default false. */
      readonly isGrouped?: boolean
    }
  | {
      readonly forward: Forward<Row>
      /** The declared pipeline whose life the records get. */
      readonly forwardFor: string
    }

type Parts = { readonly name: string; readonly pool: Pool; readonly lock: LedgerLock }

type CreatedStore<Row> = {
  readonly store: MultiPartitionStore<Row>
  /** Checks the table before the first batch. @throws PrimaryKeyError */
  readonly check: () => Promise<void>
}

export function createStore<Row>(
  target: StreamTarget<Row>,
  { name, pool, lock }: Parts,
): CreatedStore<Row> {
  if ('forward' in target) {
    const { forward, forwardFor: pipeline } = target
    const store = new ForwardingStore({ stage: name, pipeline, lock, forward })
    return { store, check: () => Promise.resolve() }
  }
  const sink = target.sink(pool)
  const { isGrouped = false } = target
  const store = new LedgeredStore({ pipeline: name, sink, lock, isGrouped })
  return { store, check: () => checkPrimaryKey(pool, sink.schema) }
}
