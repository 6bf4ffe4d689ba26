import type pg from 'pg'
import { ClaimStore } from '../../services/adapters/postgres/tasks/claim-store.ts'
import { SettlementStore } from '../../services/adapters/postgres/tasks/settling/settlement-store.ts'
import type { Settlement, TaskRules } from '../../services/ledger/tasks/settlement.ts'
import type {
  AttemptOutcome,
  ClaimedTask,
  JsonRow,
  ResultPart,
  TaskResult,
} from '../../services/ledger/tasks/task.ts'
import type { TaskDatabase } from './task-database.ts'

/** Rules of a pipeline that writes any table, and creates missing ones. */
export function someRules(changes: Partial<TaskRules> = {}): TaskRules {
  return {
    to: { kind: 'tables', mayCreate: true },
    retry: { attempts: 3, firstMs: 1, longestMs: 1 },
    ...{ errors: 'errors', topic: undefined },
    ...changes,
  }
}

/** A result that is held in memory. */
function aResult(parts: readonly ResultPart[]): TaskResult {
  const rows = parts.flatMap((part) => part.rows)
  return {
    rowCount: rows.length,
    byteCount: JSON.stringify(rows).length,
    async *parts() {
      await Promise.resolve()
      yield* parts
    },
    read: () => parts,
    [Symbol.asyncDispose]: () => Promise.resolve(),
  }
}

export const completeWith = (...parts: readonly ResultPart[]): AttemptOutcome => {
  return { kind: 'complete', result: aResult(parts) }
}

export const part = (table: string, rows: readonly JsonRow[], refresh = false): ResultPart => {
  return { table, refresh, rows }
}

export const failedWith = (message: string): AttemptOutcome => {
  return { kind: 'failed', fault: { code: 'threw', message, stack: undefined } }
}

/** A worker of a test: it claims tasks, and settles them as the test says. */
export class TestWorker {
  readonly id: number
  readonly claims: ClaimStore
  readonly store: SettlementStore

  private constructor(id: number, pool: pg.Pool) {
    this.id = id
    this.claims = new ClaimStore(pool)
    this.store = new SettlementStore(pool, id)
  }

  static async start(database: TaskDatabase, pool = database.settlementPool): Promise<TestWorker> {
    return new TestWorker(await database.addWorker(), pool)
  }

  claim(pipeline: string, limit = 100, leaseMs = 60_000): Promise<ClaimedTask[]> {
    return this.claims.claim({ worker: this.id, pipelines: [{ name: pipeline, limit }], leaseMs })
  }

  /** Settles tasks with the outcome of each. */
  settle(
    tasks: readonly ClaimedTask[],
    outcomeOf: (task: ClaimedTask, index: number) => AttemptOutcome,
    { rules = someRules(), logLines }: Partial<Pick<Settlement, 'rules' | 'logLines'>> = {},
  ) {
    const logs = logLines === undefined ? {} : { logLines }
    return this.store.settle(
      tasks.map((task, index) => ({ task, rules, outcome: outcomeOf(task, index), ...logs })),
    )
  }
}
