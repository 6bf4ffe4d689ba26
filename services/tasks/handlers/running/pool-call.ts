import type { AttemptOutcome, ClaimedTask } from '../../../ledger/tasks/task.ts'
import type { Cancellation } from '../../cancellation.ts'
import type { CallFile, CallMessage, ShellCommand } from '../protocol.ts'
import { SpooledResult } from './spooled-result.ts'

/** What the pool must know about a task. */
export type CallableTask = Pick<
  ClaimedTask,
  'id' | 'pipeline' | 'unit' | 'method' | 'params' | 'attempt'
>

export type CallOptions = {
  /** How many calls of the pipeline run at the same time. The others wait. */
  readonly concurrency: number
  /** Counted from the beginning of the call, not while it waits. */
  readonly timeoutMs: number
  /** Ends the call: as `given-back` if the reason is `giveBack`, otherwise as `canceled`. */
  readonly cancel: Cancellation
  /** The file of the task. */
  readonly file?: CallFile | undefined
  /** A command that runs instead of a handler. */
  readonly shell?: ShellCommand | undefined
  /** Called when the call begins, before all other events of the call. */
  readonly onBegin?: () => void
  /** Called when a call that has begun for the worker waits again, because its process did not run it. */
  readonly onWait?: () => void
}

/** The reason of a request that gives tasks back to the queue. */
export const giveBack = 'given-back'

/** A call from its arrival until its outcome. */
export class PoolCall {
  readonly task: CallableTask
  readonly timeoutMs: number
  readonly concurrency: number
  /** Names the call in its present process; another one after each attempt to send it. */
  number = 0
  /** When it became the first of its process, in milliseconds of the monotonic clock. */
  begunAt: number | undefined
  /** The outcome that it gets whatever the handler does: it was canceled or has timed out. */
  ending: AttemptOutcome | undefined
  /** When its process is killed. */
  killAt = Infinity
  isSettled = false
  /** Whether it must run alone in a process. True if one of several calls has ended a process, and it is not known which. */
  isAlone = false
  readonly #subject: Pick<CallOptions, 'file' | 'shell'>
  readonly #folder: string
  readonly #resolve: (outcome: AttemptOutcome) => void
  readonly #cancel: Cancellation
  readonly #onBegin: (() => void) | undefined
  readonly #onWait: (() => void) | undefined
  #result: SpooledResult

  /** @param resolve is given the outcome. @param folder for the files of large results */
  constructor(
    task: CallableTask,
    options: CallOptions,
    {
      folder,
      resolve,
    }: { readonly folder: string; readonly resolve: (outcome: AttemptOutcome) => void },
  ) {
    this.task = task
    this.timeoutMs = options.timeoutMs
    this.concurrency = options.concurrency
    this.#onBegin = options.onBegin
    this.#onWait = options.onWait
    this.#cancel = options.cancel
    this.#subject = options
    this.#folder = folder
    this.#resolve = resolve
    this.#result = new SpooledResult(this.#folder)
  }

  get message(): CallMessage {
    const { pipeline, unit, attempt, method, params } = this.task
    // JSON leaves out what is undefined.
    const { file, shell } = this.#subject
    return { call: this.number, id: `${pipeline}/${unit}`, attempt, method, params, file, shell }
  }

  /** The outcome after the request. */
  get canceledOutcome(): AttemptOutcome {
    return this.#cancel.reason === giveBack ? { kind: 'given-back' } : { kind: 'canceled' }
  }

  onCancel(listener: () => void): void {
    this.#cancel.listen(listener)
  }

  /** Records that its process runs it since `now`. */
  begin(now: number): void {
    this.begunAt = now
    this.#onBegin?.()
  }

  get result(): SpooledResult {
    return this.#result
  }

  append(json: Buffer, rows: number): number {
    if (this.ending === undefined) this.#result.append(json, rows)
    return this.#result.byteCount
  }

  /** Removes what a process has returned that did not finish the call. */
  restart(): void {
    this.begunAt = undefined
    this.#onWait?.()
    void this.#result[Symbol.asyncDispose]()
    this.#result = new SpooledResult(this.#folder)
  }

  /** Gives the caller the outcome, once. The one that was set before counts. */
  settle(outcome: AttemptOutcome): void {
    if (this.isSettled) return
    this.isSettled = true
    this.#cancel.listen(undefined)
    const last = this.ending ?? outcome
    if (last.kind !== 'complete') void this.#result[Symbol.asyncDispose]()
    this.#resolve(last)
  }
}
