import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import { ClaimStore } from '../../adapters/postgres/tasks/claim-store.ts'
import { SettlementStore } from '../../adapters/postgres/tasks/settling/settlement-store.ts'
import type { TaskTable } from '../../tasks/runner/task-interfaces.ts'

/** Without a renewal another worker may take a task after this time. */
const leaseMs = 10_000

type Options = {
  /** Connections for claims and leases. */
  readonly pool: Pool
  readonly settlementPool: Pool
  /** The id of the worker; undefined until it is registered. */
  readonly worker: () => number | undefined
}

/** The task table for one worker. Before the worker is registered there are no tasks for it. */
export function taskTableOf({ pool, settlementPool, worker }: Options): TaskTable {
  const claims = new ClaimStore(pool)
  let settlements: { readonly worker: number; readonly store: SettlementStore } | undefined
  const storeOf = (id: number): SettlementStore => {
    if (settlements?.worker !== id) {
      settlements = { worker: id, store: new SettlementStore(settlementPool, id) }
    }
    return settlements.store
  }
  return {
    claim: async (pipelines) => {
      const id = worker()
      return id === undefined ? [] : claims.claim({ worker: id, pipelines, leaseMs })
    },
    renew: async (running) => {
      const id = worker()
      return id === undefined
        ? { lost: [], cancelRequested: [] }
        : claims.renew(id, running, leaseMs)
    },
    settle: async (list) => {
      const id = worker()
      return id === undefined ? [] : storeOf(id).settle(list)
    },
  }
}
