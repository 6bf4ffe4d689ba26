import type { SettledTask, Settlement } from '../../ledger/tasks/settlement.ts'
import type { Logger } from '../../runtime/logger.ts'
import { poll } from '../../runtime/poll.ts'
import { retryForever, warnOfReasons } from '../../runtime/retry.ts'
import { WakeUp } from '../../runtime/wake-up.ts'
import type { HeldTask } from './held-tasks.ts'
import type { TaskTable } from './task-interfaces.ts'

type LaneOptions = {
  readonly table: Pick<TaskTable, 'settle'>
  /** The largest number of batches that are settled at the same time. */
  readonly parallel: number
  readonly intervalMs: number
  /** Ends the lane. Another worker runs the tasks that are not settled then. */
  readonly signal: AbortSignal
  readonly logger: Logger
  /** Whether it is the latest attempt of its task. */
  readonly isHeld: (held: HeldTask) => boolean
  readonly onSettled: (held: HeldTask, settled: SettledTask | undefined) => PromiseLike<void>
  /** Called with attempts that could not be settled now, e.g. because their table is locked. */
  readonly onLeft: (held: readonly HeldTask[]) => void
  readonly onBatch: () => void
}

/** Attempts in one batch. */
export const maxSettled = 200
/** The least number of attempts in a batch that is settled at the same time as another one. */
const leastParallel = 80
const outagePause = { firstMs: 100, maxMs: 2_000 }

/** Settles attempts that have ended, in batches. */
export class SettlementLane {
  readonly #options: LaneOptions
  readonly #waiting: HeldTask[] = []
  readonly #wakeUps: readonly WakeUp[]
  /** How many are settled now. */
  #batches = 0
  /** Whether attempts were added since the last batch began. */
  #hasNew = false
  #isLeftReported = false
  readonly loops: readonly Promise<void>[]

  constructor(options: LaneOptions) {
    this.#options = options
    const { parallel, intervalMs, signal } = options
    this.#wakeUps = Array.from({ length: parallel }, () => new WakeUp())
    this.loops = this.#wakeUps.map((wakeUp) =>
      poll(() => this.#settleAll(), { intervalMs, signal, wakeUp }),
    )
  }

  /** Settles it without waiting for `intervalMs`. */
  add(held: HeldTask): void {
    this.#waiting.push(held)
    this.#hasNew = true
    this.#wakeUpIfDue()
  }

  /** Settles them after `intervalMs`. */
  addLater(held: readonly HeldTask[]): void {
    this.#waiting.push(...held)
  }

  #wakeUpIfDue(): void {
    if (this.#hasNew && this.#isDue) for (const wakeUp of this.#wakeUps) wakeUp.call()
  }

  /** Attempts are collected while another batch is settled. */
  get #isDue(): boolean {
    return this.#waiting.length >= (this.#batches === 0 ? 1 : leastParallel)
  }

  async #settleAll(): Promise<void> {
    const { signal, isHeld, onSettled, onLeft, onBatch } = this.#options
    // Attempts that are left are added again by `onLeft`: they wait for the next call.
    let open = this.#waiting.length
    while (open > 0 && this.#isDue && !signal.aborted) {
      const batch = this.#waiting.splice(0, Math.min(open, maxSettled))
      open -= batch.length
      this.#hasNew = false
      this.#batches += 1
      const settled = await this.#settle(batch.filter(isHeld))
      this.#batches -= 1
      const left: HeldTask[] = []
      const ended: PromiseLike<void>[] = []
      for (const held of batch) {
        const each = settled.get(held.task.id)
        if (each === undefined && isHeld(held)) left.push(held)
        else ended.push(onSettled(held, each))
      }
      await Promise.all(ended)
      this.#reportLeft(left)
      if (left.length > 0) onLeft(left)
      onBatch()
    }
    this.#wakeUpIfDue()
  }

  /** Once until a batch is settled completely. */
  #reportLeft(left: readonly HeldTask[]): void {
    const { logger, signal } = this.#options
    if (left.length > 0 && !this.#isLeftReported && !signal.aborted) {
      const pipelines = [...new Set(left.map(({ pipeline }) => pipeline.name))]
      logger.warn({ tasks: left.length, pipelines }, 'tasks-not-settled')
    }
    this.#isLeftReported = left.length > 0
  }

  /** Repeats during an outage, until at least some are settled. */
  async #settle(batch: readonly HeldTask[]): Promise<ReadonlyMap<number, SettledTask>> {
    const { table, logger, signal } = this.#options
    const settled = new Map<number, SettledTask>()
    for (const { task, outcome } of batch) {
      if (outcome?.kind === 'settled') settled.set(task.id, outcome.settled)
    }
    const open = batch.map(toSettlement).filter((each) => each !== undefined)
    if (open.length === 0) return settled
    const onFailure = warnOfReasons(logger, 'tasks-not-settled')
    const options = { ...outagePause, signal, onFailure }
    // This rejects only when the worker stops. The leases then expire, and another worker claims the tasks.
    const results = await retryForever(() => table.settle(open), options).catch(() => [])
    for (const each of results) settled.set(each.id, each)
    return settled
  }
}

function toSettlement({ task, pipeline, outcome, logLines }: HeldTask): Settlement | undefined {
  if (outcome === undefined || outcome.kind === 'settled') return undefined
  const { rules } = pipeline
  return logLines.length > 0 ? { task, outcome, rules, logLines } : { task, outcome, rules }
}
