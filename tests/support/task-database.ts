import type pg from 'pg'
import { localPassword } from '../../scripts/platform/database.ts'
import { createPool } from '../../services/adapters/postgres/driver/connection.ts'
import type { PostgresSettings } from '../../services/adapters/postgres/driver/settings.ts'
import { roles } from '../../services/adapters/postgres/driver/settings.ts'
import { TaskQueue } from '../../services/adapters/postgres/tasks/task-queue.ts'
import { TaskReader } from '../../services/adapters/postgres/tasks/task-reader.ts'
import { WorkerStore } from '../../services/adapters/postgres/tasks/worker-store.ts'
import type { NewTask } from '../../services/ledger/tasks/task.ts'
import { serviceLogger } from './service-log.ts'
import { sharedServers } from './servers.ts'
import { Tenant } from './tenant.ts'

type Role = 'worker' | 'operator' | 'reader'

/** A database with connections of the roles that use tasks. */
export class TaskDatabase implements AsyncDisposable {
  readonly tenant: Tenant
  /** Connections of workers. */
  readonly pool: pg.Pool
  /** For a `SettlementStore`. */
  readonly settlementPool: pg.Pool
  /** Connections of the dashboard for its changes. */
  readonly operator: pg.Pool
  readonly queue: TaskQueue
  readonly reader: TaskReader
  readonly workers: WorkerStore
  readonly #pools: pg.Pool[] = []

  private constructor(tenant: Tenant) {
    this.tenant = tenant
    this.pool = this.poolOf('worker', 10)
    this.settlementPool = this.poolOf('worker', 10, { isPipelined: true })
    this.operator = this.poolOf('operator', 2)
    this.queue = new TaskQueue(this.pool)
    this.reader = new TaskReader(this.pool)
    this.workers = new WorkerStore(this.pool)
  }

  static async create(): Promise<TaskDatabase> {
    return new TaskDatabase(await Tenant.create(await sharedServers()))
  }

  settingsOf(role: Role): PostgresSettings {
    const { config, deployment } = this.tenant
    const { hostPort: port, database, table } = config.postgres
    const password = localPassword(deployment.folders, role)
    return { host: '127.0.0.1', port, database, table, user: roles[role], password }
  }

  /** Further connections of a role. */
  poolOf(role: Role, maxConnections: number, { isPipelined = false } = {}): pg.Pool {
    const pool = createPool(this.settingsOf(role), {
      ...{ applicationName: `test ${role}`, maxConnections, isPipelined, logger: serviceLogger },
    })
    this.#pools.push(pool)
    return pool
  }

  /** Adds a worker. @returns its id */
  addWorker(name = 'worker-0'): Promise<number> {
    return this.workers.register({ name, ip: '127.0.0.1', host: 'test', pid: 1 })
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const pool of this.#pools) await pool.end()
    await this.tenant[Symbol.asyncDispose]()
  }
}

/** A new task with the unit `api:NUMBER`. */
export function aTask(number: number, changes: Partial<NewTask> = {}): NewTask {
  const unit = `api:${number}`
  return { unit, method: 'add', params: `{"number":${number}}`, transactionKey: null, ...changes }
}
