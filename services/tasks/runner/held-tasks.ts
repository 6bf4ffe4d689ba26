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

/** The tasks that this worker holds. */
export class HeldTasks {
  readonly #held = new Map<number, HeldTask>()

  /** Ends an earlier attempt of the same task, whose lease has ended. */
  add(task: ClaimedTask, pipeline: RunnablePipeline): HeldTask {
    this.#held.get(task.id)?.cancel.abort()
    const held: HeldTask = {
      ...{ task, pipeline, cancel: new AbortController(), logLines: [], hasNewLines: false },
      ...{ claimedAt: performance.now(), startedAt: undefined },
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

  /** How many tasks have ended and will be settled soon. */
  get endedCount(): number {
    return this.all.filter(({ outcome, isSlow }) => outcome !== undefined && !isSlow).length
  }

  /** Characters of the parameters of all tasks. */
  get paramsLength(): number {
    return this.all.reduce((sum, { task: { params } }) => sum + params.length, 0)
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

  /** The waiting tasks of a pipeline that may begin, because fewer than `concurrency` of them run. */
  nextOf(pipeline: string): HeldTask[] {
    const open = this.#openOf(pipeline)
    const [first] = open
    if (first === undefined) return []
    const waiting = open.filter(isWaiting)
    return waiting.slice(
      0,
      Math.max(0, first.pipeline.concurrency - (open.length - waiting.length)),
    )
  }

  #openOf(pipeline: string): HeldTask[] {
    return this.all.filter((held) => held.pipeline.name === pipeline && held.outcome === undefined)
  }

  /** How many tasks of each pipeline run, wait for other tasks of it, or are slow to settle. */
  countRunning(): ReadonlyMap<string, number> {
    const counts = new Map<string, number>()
    for (const { pipeline, outcome, isSlow } of this.#held.values()) {
      if (outcome === undefined || isSlow)
        counts.set(pipeline.name, (counts.get(pipeline.name) ?? 0) + 1)
    }
    return counts
  }
}

/** Whether its attempt has not begun. */
export const isWaiting = ({ startedAt, outcome }: HeldTask): boolean =>
  startedAt === undefined && outcome === undefined
