import type pg from 'pg'
import { sqlStatement } from '../sql-file.ts'

/** A worker as it introduces itself. */
export type NewWorker = {
  readonly name: string
  readonly ip: string
  readonly host: string
  readonly pid: number
}

type WorkerState =
  | 'running'
  /** It finishes its tasks and claims no others. */
  | 'draining'
  | 'stopped'
  /** It has not reported for 15 seconds, and has not stopped. */
  | 'lost'

export type StoredWorker = NewWorker & {
  readonly id: number
  readonly state: WorkerState
  readonly startedAt: Date
  readonly lastSeenAt: Date
  /** Null before its first attempt has ended. */
  readonly lastProcessedAt: Date | null
  /** Attempts that have ended. */
  readonly totalProcessed: number
  /** Attempts that have completed their tasks. */
  readonly totalSuccess: number
  readonly stoppedAt: Date | null
  /** How many tasks it runs now. */
  readonly current: number
}

type WorkerRow = NewWorker & {
  readonly id: number
  readonly state: WorkerState
  readonly started_at: Date
  readonly last_seen_at: Date
  readonly last_processed_at: Date | null
  readonly total_processed: number
  readonly total_success: number
  readonly stopped_at: Date | null
  readonly current: number
}

/** The table of workers. */
export class WorkerStore {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** Adds a worker. @returns its id, which no other worker had or gets */
  async register({ name, ip, host, pid }: NewWorker): Promise<number> {
    const values = [name, ip, host, pid]
    const { rows } = await this.#pool.query<{ id: number }>(sqlStatement('register-worker'), values)
    const [row] = rows
    if (row === undefined) throw new Error('The database did not store the worker.')
    return row.id
  }

  /**
   * Records that the worker is alive.
   *
   * @returns false if the worker has no row, e.g. because it was lost for a week: register again
   */
  async report(id: number, isDraining: boolean): Promise<boolean> {
    const { rowCount } = await this.#pool.query(sqlStatement('report-worker'), [id, isDraining])
    return rowCount === 1
  }

  async stop(id: number): Promise<void> {
    await this.#pool.query(sqlStatement('stop-worker'), [id])
  }

  /** The latest workers, the newest first. */
  async list(limit = 100): Promise<StoredWorker[]> {
    return this.#read(null, limit)
  }

  async find(id: number): Promise<StoredWorker | undefined> {
    const [worker] = await this.#read(id, 1)
    return worker
  }

  async #read(id: number | null, limit: number): Promise<StoredWorker[]> {
    const { rows } = await this.#pool.query<WorkerRow>(sqlStatement('list-workers'), [id, limit])
    return rows.map(toWorker)
  }
}

function toWorker(row: WorkerRow): StoredWorker {
  const { id, name, ip, host, pid, state, current } = row
  return {
    ...{ id, name, ip, host, pid, state, current },
    startedAt: row.started_at,
    lastSeenAt: row.last_seen_at,
    lastProcessedAt: row.last_processed_at,
    totalProcessed: row.total_processed,
    totalSuccess: row.total_success,
    stoppedAt: row.stopped_at,
  }
}
