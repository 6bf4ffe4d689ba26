import type { SettledAttempt } from '../../ledger/tasks/settlement.ts'
import { maxLogLines } from '../../ledger/tasks/settlement.ts'
import type { AttemptOutcome, ClaimedTask } from '../../ledger/tasks/task.ts'
import { Cancellation } from '../cancellation.ts'
import type { RunnablePipeline } from './task-interfaces.ts'

/** A result above this size may be written for minutes. */
const largeResultBytes = 256 * 1024

/** A task that this worker has claimed and not settled yet. */
export type HeldTask = {
  readonly task: ClaimedTask
  readonly pipeline: RunnablePipeline
  /** Ends the attempt: a user has canceled the task, its lease is lost, or the worker stops. */
  readonly cancel: Cancellation
  readonly logLines: string[]
  readonly claimedAt: number
  /** Whether it was given to its pipeline, where it may have to wait. */
  isSubmitted: boolean
  /** When its attempt began, in milliseconds of the monotonic clock; undefined while it waits. */
  startedAt: number | undefined
  /** How many tasks run as one with it. */
  together: number
  /** Whether there are log lines that are not stored yet. */
  hasNewLines: boolean
  progress: number | undefined
  /** How the attempt has ended; undefined while it runs. */
  outcome: AttemptOutcome | SettledAttempt | undefined
  /** Whether it may take long to settle it, because its result is large or its table is locked. */
  isSlow: boolean
}

/** The tasks that this worker holds. */
export class HeldTasks {
  readonly #held = new Map<number, HeldTask>()
  #endedCount = 0
  #paramsLength = 0
  readonly #running = new Map<string, number>()

  /** Ends an earlier attempt of the same task, whose lease has ended. */
  add(task: ClaimedTask, pipeline: RunnablePipeline): HeldTask {
    const earlier = this.#held.get(task.id)
    if (earlier !== undefined) {
      this.#count(earlier, -1)
      earlier.cancel.request()
    }
    const held: HeldTask = {
      task,
      pipeline,
      cancel: new Cancellation(),
      logLines: [],
      hasNewLines: false,
      claimedAt: performance.now(),
      isSubmitted: false,
      startedAt: undefined,
      together: 1,
      progress: undefined,
      outcome: undefined,
      isSlow: false,
    }
    this.#held.set(task.id, held)
    this.#count(held, 1)
    return held
  }

  get(id: number): HeldTask | undefined {
    return this.#held.get(id)
  }

  /** Whether it is the latest attempt of its task. */
  has(held: HeldTask): boolean {
    return this.#held.get(held.task.id) === held
  }

  remove(held: HeldTask): void {
    if (!this.has(held)) return
    this.#held.delete(held.task.id)
    this.#count(held, -1)
  }

  /** Sets how its attempt has ended. */
  end(held: HeldTask, outcome: NonNullable<HeldTask['outcome']>): void {
    this.#change(held, () => {
      held.outcome = outcome
      held.isSlow = isLarge(held)
    })
  }

  /** It may take long to settle it. */
  setSlow(held: HeldTask): void {
    this.#change(held, () => (held.isSlow = true))
  }

  /** How many tasks have ended and will be settled soon. */
  get endedCount(): number {
    return this.#endedCount
  }

  /** Characters of the parameters of all tasks. */
  get paramsLength(): number {
    return this.#paramsLength
  }

  /** How many tasks of a pipeline run, wait for other tasks of it, or are slow to settle. */
  runningOf(pipeline: string): number {
    return this.#running.get(pipeline) ?? 0
  }

  #change(held: HeldTask, change: () => void): void {
    const isCounted = this.has(held)
    if (isCounted) this.#count(held, -1)
    change()
    if (isCounted) this.#count(held, 1)
  }

  #count({ task, pipeline: { name }, outcome, isSlow }: HeldTask, sign: 1 | -1): void {
    this.#paramsLength += sign * task.params.length
    if (outcome !== undefined && !isSlow) this.#endedCount += sign
    else this.#running.set(name, this.runningOf(name) + sign)
  }

  get all(): readonly HeldTask[] {
    return [...this.#held.values()]
  }

  /** Keeps the last lines of the task. */
  addLogLine(id: number, line: string): void {
    const held = this.#held.get(id)
    if (held === undefined) return
    held.logLines.push(line)
    if (held.logLines.length > 2 * maxLogLines) held.logLines.splice(0, maxLogLines)
    held.hasNewLines = true
  }

  /** The tasks that can be given to their pipeline: all if it has a queue, otherwise up to `concurrency`. */
  nextOf(pipeline: string): HeldTask[] {
    const open = this.#openOf(pipeline)
    const [first] = open
    if (first === undefined) return []
    const next = open.filter(({ isSubmitted }) => !isSubmitted)
    if (first.pipeline.hasQueue) return next
    return next.slice(0, Math.max(0, first.pipeline.concurrency - (open.length - next.length)))
  }

  #openOf(pipeline: string): HeldTask[] {
    const open: HeldTask[] = []
    for (const held of this.#held.values())
      if (held.pipeline.name === pipeline && held.outcome === undefined) open.push(held)
    return open
  }
}

export const isLarge = ({ outcome }: Pick<HeldTask, 'outcome'>): boolean =>
  outcome?.kind === 'complete' && outcome.result.byteCount > largeResultBytes

/** Whether its attempt has not begun. */
export const isWaiting = ({ startedAt, outcome }: HeldTask): boolean =>
  startedAt === undefined && outcome === undefined
