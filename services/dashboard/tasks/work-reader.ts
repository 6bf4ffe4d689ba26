import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import type {
  StoredTask,
  TaskFilter,
  TaskSummary,
} from '../../adapters/postgres/tasks/task-reader.ts'
import { TaskReader } from '../../adapters/postgres/tasks/task-reader.ts'
import type { TasksByState } from '../../adapters/postgres/tasks/work-now.ts'
import {
  countByState,
  countWaiting,
  readRunningTasks,
} from '../../adapters/postgres/tasks/work-now.ts'
import type { StoredWorker } from '../../adapters/postgres/tasks/worker-store.ts'
import { WorkerStore } from '../../adapters/postgres/tasks/worker-store.ts'
import type { Logger } from '../../runtime/logger.ts'
import { WarnOnce } from '../../runtime/poll.ts'
import type { TaskWorker } from '../api/tasks.ts'
import { toTaskWorker } from './task-view.ts'

/** Requests within this time get the same counts, so that many pages count as often as one. */
const keptMs = 1_500
/** Workers that ended before this time are not listed. */
const listedMs = 86_400_000
const maxWorkers = 200

type Options = {
  /** Of the role that reads. */
  readonly pool: Pool
  readonly logger: Logger
}

type Page = { readonly tasks: readonly TaskSummary[]; readonly counts: readonly TasksByState[] }

/** Reads tasks and workers. Each method returns undefined if the database does not answer. */
export class WorkReader {
  readonly #pool: Pool
  readonly #warnings: WarnOnce
  #counts: { readonly answer: Promise<TasksByState[]>; readonly atMs: number } | undefined

  constructor({ pool, logger }: Options) {
    this.#pool = pool
    this.#warnings = new WarnOnce(logger)
  }

  async tasks(filter: TaskFilter): Promise<Page | undefined> {
    return this.#read(async () => {
      const reader = new TaskReader(this.#pool)
      const [tasks, counts] = await Promise.all([reader.list(filter), this.#readCounts()])
      return { tasks, counts }
    })
  }

  async task(id: number): Promise<StoredTask | 'unknown' | undefined> {
    return this.#read(async () => (await new TaskReader(this.#pool).find(id)) ?? 'unknown')
  }

  /** Those that run, and those that ended within the last day. */
  async workers(): Promise<readonly TaskWorker[] | undefined> {
    return this.#read(async () => {
      const workers = await new WorkerStore(this.#pool).list(maxWorkers)
      const since = Date.now() - listedMs
      return this.#withTasks(workers.filter((worker) => endOf(worker) > since))
    })
  }

  async worker(id: number): Promise<TaskWorker | 'unknown' | undefined> {
    return this.#read(async () => {
      const worker = await new WorkerStore(this.#pool).find(id)
      const [found] = worker === undefined ? [] : await this.#withTasks([worker])
      return found ?? 'unknown'
    })
  }

  async #withTasks(workers: readonly StoredWorker[]): Promise<TaskWorker[]> {
    const [running, waiting] = await Promise.all([
      readRunningTasks(this.#pool),
      countWaiting(this.#pool),
    ])
    return workers.map((worker) => toTaskWorker(worker, { running, waiting }))
  }

  async #readCounts(): Promise<TasksByState[]> {
    const latest = this.#counts
    if (latest !== undefined && performance.now() - latest.atMs <= keptMs) return latest.answer
    const answer = countByState(this.#pool)
    this.#counts = { answer, atMs: performance.now() }
    return answer
  }

  #read<T>(read: () => Promise<T>): Promise<T | undefined> {
    return this.#warnings.attempt(read, { failed: 'tasks-not-seen' })
  }
}

const endOf = ({ stoppedAt, lastSeenAt }: StoredWorker): number =>
  (stoppedAt ?? lastSeenAt).getTime()
