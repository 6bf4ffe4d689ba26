import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import { inTransaction } from '../../adapters/postgres/driver/connection.ts'
import type { Transaction } from '../../adapters/postgres/pipelines/pipeline-store.ts'
import { TaskQueue } from '../../adapters/postgres/tasks/task-queue.ts'
import {
  coalesceTouched,
  declareSchedule,
  makeDueTasks,
  remakeTouched,
  touchedPipelines,
} from '../../adapters/postgres/windows/schedule-store.ts'
import { toRefusal } from '../../adapters/postgres/windows/step-refusal.ts'
import { installTouch, removeUnusedTouch } from '../../adapters/postgres/windows/touch-triggers.ts'
import type { TaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import type { Logger } from '../../runtime/logger.ts'
import { WarnOnce } from '../../runtime/poll.ts'
import { WakeUp } from '../../runtime/wake-up.ts'
import type { KeptSchedule } from './kept-schedule.ts'
import { toKeptSchedule } from './kept-schedule.ts'
import type { ReadingsRules } from './window-work.ts'

type Options = {
  readonly pool: Pool
  readonly readings: ReadingsRules
  /** Called when tasks were made. */
  readonly onMade: () => void
  readonly logger: Logger
  /** How long late rows wait before their windows are computed again; by default the allowed lateness. */
  readonly lateRowsWaitMs?: number | undefined
}

/** Late rows are looked for at this interval, and a schedule that is not ready is tried again. */
const intervalMs = 5_000
/** The clock of the database may differ from ours: the schedules are looked at at least so often. */
const longestPauseMs = 30_000
const cleanIntervalMs = 60_000
const transaction = { settings: { lock_timeout: '5s' } }

/**
 * Makes the tasks of scheduled pipelines when they are due, and again when late rows have come. Several
 * workers may do this for the same pipeline.
 */
export class ScheduleKeeper implements AsyncDisposable {
  readonly #options: Options
  readonly #queue: TaskQueue
  readonly #wakeUp = new WakeUp()
  readonly #end = new AbortController()
  readonly #warnings: WarnOnce
  readonly #loop: Promise<void>
  #schedules: readonly KeptSchedule[] = []
  /** When late rows were last cleaned, in milliseconds of the monotonic clock. */
  #cleanedAt = -Infinity

  constructor(options: Options) {
    this.#options = options
    this.#queue = new TaskQueue(options.pool)
    this.#warnings = new WarnOnce(options.logger, this.#end.signal)
    this.#loop = this.#run()
  }

  /** Keeps the schedules of these pipelines from now on; those without a schedule are left out. */
  setPipelines(declarations: readonly TaskDeclaration[]): void {
    const before = new Map(this.#schedules.map((each) => [each.pipeline, each]))
    this.#schedules = declarations.flatMap((declaration) => {
      const next = toKeptSchedule(declaration, this.#options.readings)
      if (next === undefined) return []
      const known = before.get(next.pipeline)
      return [known?.identity === next.identity ? known : next]
    })
    if (
      this.#schedules.some(({ pipeline, identity }) => before.get(pipeline)?.identity !== identity)
    )
      this.#wakeUp.call()
  }

  async #run(): Promise<void> {
    const { signal } = this.#end
    while (!signal.aborted) {
      if (this.#schedules.length > 0) await this.#round()
      await this.#warnings.attempt(() => this.#clean(), { failed: 'late-rows-not-cleaned' })
      const dueMs = this.#schedules.map(({ nextAtMs }) => nextAtMs - performance.now())
      await this.#wakeUp.sleep(Math.max(10, Math.min(intervalMs, ...dueMs)), signal)
    }
  }

  async #round(): Promise<void> {
    for (const schedule of this.#schedules) {
      const events = { failed: 'schedule-not-read', recovered: 'schedule-read-again' }
      await this.#warnings.attempt(() => this.#keep(schedule), events)
    }
    await this.#warnings.attempt(() => this.#remake(), { failed: 'late-rows-not-read' })
  }

  async #keep(schedule: KeptSchedule): Promise<void> {
    if (schedule.nextAtMs > performance.now()) return
    // A failure is repeated after the interval.
    schedule.nextAtMs = performance.now() + intervalMs
    if (!schedule.isTouchInstalled) await this.#installTouch(schedule)
    const { pool } = this.#options
    const queue = this.#queue
    const made = await inTransaction(
      pool,
      async (client) => {
        if (!schedule.isDeclared) await declareSchedule(client, schedule, schedule.readsTable)
        return makeDueTasks(client, { ...schedule, queue })
      },
      transaction,
    )
    schedule.isDeclared = made !== undefined
    // The pipeline was reset. Its triggers may have been removed.
    if (made === undefined) schedule.isTouchInstalled = schedule.touched === undefined
    const untilDueMs = (made?.nextDueAt.getTime() ?? 0) - Date.now()
    const longestMs = schedule.isTouchInstalled ? longestPauseMs : intervalMs
    schedule.nextAtMs = performance.now() + Math.max(10, Math.min(untilDueMs, longestMs))
    this.#report(schedule.pipeline, made?.made ?? 0)
  }

  /** The table may be created later, e.g. by another pipeline. */
  async #installTouch(schedule: KeptSchedule): Promise<void> {
    const { pool, logger } = this.#options
    const { touched, pipeline } = schedule
    if (touched === undefined) return
    const install = inTransaction(pool, (client) => installTouch(client, touched), transaction)
    const fault = await install.catch((error: unknown) => {
      const refusal = toRefusal(error)
      if (refusal === undefined) throw error
      return refusal
    })
    schedule.isTouchInstalled = fault === undefined
    if (fault !== undefined && fault !== schedule.fault)
      logger.warn({ pipeline, fault }, 'late-rows-not-watched')
    schedule.fault = fault
  }

  async #remake(): Promise<void> {
    const { pool, lateRowsWaitMs } = this.#options
    const touched = await touchedPipelines(pool)
    for (const schedule of this.#schedules.filter(({ pipeline }) => touched.has(pipeline))) {
      const queue = this.#queue
      const made = await inTransaction(
        pool,
        (client) => remakeTouched(client, { ...schedule, queue }, lateRowsWaitMs),
        transaction,
      )
      this.#report(schedule.pipeline, made)
    }
  }

  /** Cleans the late rows of all pipelines. Those of pipelines that do not run are recorded, too. */
  async #clean(): Promise<void> {
    if (performance.now() - this.#cleanedAt < cleanIntervalMs) return
    this.#cleanedAt = performance.now()
    const { pool } = this.#options
    for (const pipeline of await touchedPipelines(pool)) {
      let isMore = true
      while (isMore && !this.#end.signal.aborted) {
        const coalesce = (client: Transaction) => coalesceTouched(client, pipeline)
        isMore = await inTransaction(pool, coalesce, transaction)
      }
    }
    // Writers of a table wait while the removal of a trigger waits for the lock of the table.
    await inTransaction(pool, removeUnusedTouch, { settings: { lock_timeout: '1s' } })
  }

  #report(pipeline: string, tasks: number): void {
    if (tasks === 0) return
    this.#options.logger.debug({ pipeline, tasks }, 'scheduled-tasks-made')
    this.#options.onMade()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.abort()
    await this.#loop
  }
}
