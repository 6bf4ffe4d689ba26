import type { SettledAttempt } from '../../ledger/tasks/settlement.ts'
import { maxLogLines } from '../../ledger/tasks/settlement.ts'
import type { AttemptOutcome, ClaimedTask } from '../../ledger/tasks/task.ts'
import type { RunnablePipeline } from './task-interfaces.ts'

/** A task that this worker has claimed and not settled yet. */
export type HeldTask = {
  readonly task: ClaimedTask
  readonly pipeline: RunnablePipeline
  /** Ends the attempt: a user has canceled the task, its lease is lost, or the worker stops. */
  readonly cancel: AbortController
  readonly logLines: string[]
  readonly claimedAt: number
  /** Whether it was given to its pipeline, where it may have to wait. */
  isSubmitted: boolean
  /** When its attempt began, in milliseconds of the monotonic clock; undefined while it waits. */
  startedAt: number | undefined
  /** Whether there are log lines that are not stored yet. */
  hasNewLines: boolean
  progress: number | undefined
  /** How the attempt has ended; undefined while it runs. */
  outcome: AttemptOutcome | SettledAttempt | undefined
  /** Whether it may take long to settle it, because its result is large or its table is locked. */
  isSlow: boolean
}

type Load = {
  /** How many tasks have ended and will be settled soon. */
  readonly endedCount: number
  /** Characters of the parameters of all tasks. */
  readonly paramsLength: number
  /** How many tasks of each pipeline run, wait for other tasks of it, or are slow to settle. */
  readonly running: ReadonlyMap<string, number>
}

/** The tasks that this worker holds. */
export class HeldTasks {
  readonly #held = new Map<number, HeldTask>()

  /** Ends an earlier attempt of the same task, whose lease has ended. */
  add(task: ClaimedTask, pipeline: RunnablePipeline): HeldTask {
    this.#held.get(task.id)?.cancel.abort()
    const held: HeldTask = {
      ...{ task, pipeline, cancel: new AbortController(), logLines: [], hasNewLines: false },
      ...{ claimedAt: performance.now(), isSubmitted: false, startedAt: undefined },
      ...{ progress: undefined, outcome: undefined, isSlow: false },
    }
    this.#held.set(task.id, held)
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
    if (this.has(held)) this.#held.delete(held.task.id)
  }

  /** How much the worker holds. */
  get load(): Load {
    let [endedCount, paramsLength] = [0, 0]
    const running = new Map<string, number>()
    for (const { task, pipeline, outcome, isSlow } of this.#held.values()) {
      paramsLength += task.params.length
      if (outcome !== undefined && !isSlow) endedCount += 1
      else running.set(pipeline.name, (running.get(pipeline.name) ?? 0) + 1)
    }
    return { endedCount, paramsLength, running }
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

/** Whether its attempt has not begun. */
export const isWaiting = ({ startedAt, outcome }: HeldTask): boolean =>
  startedAt === undefined && outcome === undefined
