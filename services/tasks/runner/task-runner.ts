import type { ClaimLimit } from '../../adapters/postgres/tasks/claim-store.ts'
import type { SettledTask } from '../../ledger/tasks/settlement.ts'
import type { Logger } from '../../runtime/logger.ts'
import { poll, WarnOnce } from '../../runtime/poll.ts'
import { WakeUp } from '../../runtime/wake-up.ts'
import { giveBack } from '../handlers/running/pool-call.ts'
import { BatchSize } from './batch-size.ts'
import type { HeldTask } from './held-tasks.ts'
import { HeldTasks, isLarge, isWaiting } from './held-tasks.ts'
import { maxSettled, SettlementLane } from './settlement-lane.ts'
import type { RunnablePipeline, TaskTable } from './task-interfaces.ts'

type Options = {
  readonly table: TaskTable
  /** The pipelines whose tasks are claimed now. */
  readonly pipelines: () => readonly RunnablePipeline[]
  readonly logger: Logger
  /** Milliseconds between two claims, unless the runner is woken up. */
  readonly intervalMs?: number
  /** Milliseconds between two renewals of the leases. */
  readonly renewMs?: number
  /** Milliseconds that running tasks have to end when the worker stops. */
  readonly drainMs?: number
}

const defaults = { intervalMs: 1_000, renewMs: 2_500, drainMs: 2_000 }
/** For the attempts that a stopping worker gives back. */
const giveBackMs = 1_500
/** A claimed task does not wait longer for the tasks before it. */
const maxWaitMs = 2_000
/** While all handler processes are busy, tasks are left to other workers for this time. */
const fullPauseMs = 10_000
/** While more attempts wait to be settled, nothing is claimed: each may hold a result or an open file. */
const maxEnded = 2 * maxSettled
/** While the parameters of the held tasks have more characters, nothing is claimed. */
const maxParamsLength = 8 * 1024 * 1024

/**
 * Claims tasks and runs them until it is disposed. A task goes through these steps in the worker:
 *
 *     claimed → running → ended → settled
 *
 * - A claimed task has a lease, which a separate loop renews until the task is settled.
 * - Small tasks are claimed and settled together. Large results, and attempts whose tables are locked,
 *   are settled separately, and delay only the claims of their pipelines.
 * - If the lease is lost, the attempt is canceled and nothing of it is stored.
 * - While the database cannot be reached, nothing is claimed. Tasks that have ended are settled after the
 *   outage, if the worker still has their leases.
 */
export class TaskRunner implements AsyncDisposable {
  readonly #options: Options & typeof defaults
  readonly #held = new HeldTasks()
  readonly #batchSizes = new Map<string, BatchSize>()
  /** How many attempts of each pipeline have ended since its tasks were claimed. */
  readonly #endedSinceClaim = new Map<string, number>()
  /**
   * Pipelines whose tasks have waited in vain for a handler process, and when their tasks are claimed again, in
   * milliseconds of the monotonic clock. It is empty again as soon as an attempt ends.
   */
  readonly #claimAfter = new Map<string, number>()
  readonly #claimWakeUp = new WakeUp()
  readonly #renewWakeUp = new WakeUp()
  /** Called when a task was settled. */
  readonly #settledWakeUp = new WakeUp()
  /** Aborts when the worker stops: then nothing is claimed. */
  readonly #stop = new AbortController()
  /** Aborts when the tasks are settled or given back. */
  readonly #end = new AbortController()
  readonly #claims: Promise<void>
  readonly #lanes: Readonly<Record<'prompt' | 'large' | 'later', SettlementLane>>
  readonly #loops: readonly Promise<void>[]
  readonly #warnings: WarnOnce

  constructor(options: Options) {
    this.#options = { ...defaults, ...options }
    const { intervalMs, renewMs, logger } = this.#options
    const { signal } = this.#end
    this.#warnings = new WarnOnce(logger, signal)
    const claim = () => this.#attempt(() => this.#claimAll(), 'tasks-not-claimed')
    const renew = () => this.#attempt(() => this.#renew(), 'leases-not-renewed')
    this.#claims = poll(claim, {
      ...{ intervalMs, signal: this.#stop.signal, wakeUp: this.#claimWakeUp },
    })
    this.#lanes = { prompt: this.#lane(2), large: this.#lane(1), later: this.#lane(1) }
    const renewals = poll(renew, { intervalMs: renewMs, signal, wakeUp: this.#renewWakeUp })
    this.#loops = [renewals, ...Object.values(this.#lanes).flatMap(({ loops }) => loops)]
  }

  /** Looks for tasks at once. */
  wakeUp(): void {
    this.#claimWakeUp.call()
  }

  /** Looks at once for requests to cancel running tasks. This renews their leases, too. */
  lookForRequests(): void {
    this.#renewWakeUp.call()
  }

  /** Stores the progress of a running task with the next renewal of its lease. */
  recordProgress(id: number, fraction: number): void {
    const held = this.#held.get(id)
    if (held !== undefined) held.progress = fraction
  }

  /** Stores a log line of a running task with the next renewal of its lease. */
  addLogLine(id: number, line: string): void {
    this.#held.addLogLine(id, line)
  }

  /** The last log lines of a running task. */
  logLinesOf(id: number): readonly string[] {
    return this.#held.get(id)?.logLines ?? []
  }

  #attempt(work: () => Promise<void>, failed: string): Promise<void> {
    return this.#warnings.attempt(work, { failed })
  }

  /** Claims until no slot is free, or no task is queued. */
  async #claimAll(): Promise<void> {
    const isStopping = (): boolean => this.#stop.signal.aborted
    while (!isStopping()) {
      const pipelines = new Map(this.#options.pipelines().map((each) => [each.name, each]))
      const wanted = this.#wantedOf(pipelines.values())
      if (wanted.length === 0) return
      for (const { name } of wanted) this.#endedSinceClaim.delete(name)
      const claimed = await this.#options.table.claim(wanted)
      if (claimed.length === 0) return
      for (const task of claimed) {
        const pipeline = pipelines.get(task.pipeline)
        if (pipeline) this.#held.add(task, pipeline)
      }
      // A claim that returns while the worker stops: its tasks are given back.
      if (isStopping()) return
      for (const name of pipelines.keys()) this.#startNext(name)
    }
  }

  #wantedOf(pipelines: Iterable<RunnablePipeline>): ClaimLimit[] {
    const { endedCount, paramsLength } = this.#held
    if (endedCount > maxEnded || paramsLength > maxParamsLength) return []
    return [...pipelines].flatMap((pipeline) => {
      const { name, concurrency, methods } = pipeline
      if ((this.#claimAfter.get(name) ?? 0) > performance.now()) return []
      const limit = concurrency * this.#batchSizeOf(name).tasks - this.#held.runningOf(name)
      return limit >= this.#leastClaimOf(pipeline) ? [{ name, limit, methods: methods?.() }] : []
    })
  }

  /** Small tasks are claimed in large batches. */
  #leastClaimOf({ name, concurrency }: RunnablePipeline): number {
    return Math.max(1, (concurrency * (this.#batchSizeOf(name).tasks - 1)) / 2)
  }

  #batchSizeOf(pipeline: string): BatchSize {
    const present = this.#batchSizes.get(pipeline)
    if (present) return present
    const size = new BatchSize()
    this.#batchSizes.set(pipeline, size)
    return size
  }

  #startNext(pipeline: string): void {
    for (const held of this.#held.nextOf(pipeline)) void this.#run(held)
  }

  async #run(held: HeldTask): Promise<void> {
    const { task, pipeline, cancel } = held
    held.isSubmitted = true
    const onBegin = (together = 1): void => {
      held.startedAt ??= performance.now()
      held.together = together
    }
    const onWait = (): void => {
      held.startedAt = undefined
    }
    if (!pipeline.hasQueue) onBegin()
    const outcome = await pipeline.run(task, { cancel, onBegin, onWait })
    if (held.startedAt !== undefined) {
      this.#batchSizeOf(pipeline.name).note((performance.now() - held.startedAt) / held.together)
      this.#claimAfter.clear()
    }
    this.#endAttempt(held, outcome)
    if (!pipeline.hasQueue) this.#startNext(pipeline.name)
  }

  #endAttempt(held: HeldTask, outcome: NonNullable<HeldTask['outcome']>): void {
    this.#held.end(held, outcome)
    this.#lanes[held.isSlow ? 'large' : 'prompt'].add(held)
    const { pipeline } = held
    const ended = (this.#endedSinceClaim.get(pipeline.name) ?? 0) + 1
    this.#endedSinceClaim.set(pipeline.name, ended)
    if (ended >= this.#leastClaimOf(pipeline)) this.#claimWakeUp.call()
  }

  /** Gives back tasks that wait behind long ones, so that other workers can run them. */
  #giveBackWaiting(afterMs: number): void {
    const now = performance.now()
    for (const held of this.#held.all) {
      const waitedMs = now - held.claimedAt
      if (!isWaiting(held) || waitedMs < afterMs) continue
      this.#batchSizeOf(held.pipeline.name).note(waitedMs)
      if (held.isSubmitted) {
        this.#claimAfter.set(held.pipeline.name, now + fullPauseMs)
        held.cancel.request(giveBack)
      } else this.#endAttempt(held, { kind: 'given-back' })
    }
  }

  async #renew(): Promise<void> {
    this.#giveBackWaiting(maxWaitMs)
    const held = this.#held.all
    const running = held.map(({ task: { id, attempt }, progress, logLines, hasNewLines }) => {
      return { id, attempt, progress, logLines: hasNewLines ? [...logLines] : undefined }
    })
    for (const each of held) each.hasNewLines = false
    const { lost, cancelRequested } = await this.#options.table.renew(running)
    // Meanwhile the worker may have claimed another attempt of the same task.
    const byId = new Map(held.map((each) => [each.task.id, each]))
    for (const id of lost) this.#lose(byId.get(id))
    for (const id of cancelRequested) this.#cancel(byId.get(id))
  }

  #cancel(held: HeldTask | undefined): void {
    if (held === undefined || held.outcome !== undefined || !this.#held.has(held)) return
    if (held.isSubmitted) held.cancel.request()
    else this.#endAttempt(held, { kind: 'canceled' })
  }

  #lose(held: HeldTask | undefined): void {
    // A task that has ended may have been settled meanwhile.
    if (held === undefined || held.outcome !== undefined || !this.#held.has(held)) return
    this.#held.remove(held)
    held.cancel.request()
    const { task, pipeline } = held
    this.#options.logger.warn({ task: task.id, pipeline: pipeline.name }, 'task-lease-lost')
  }

  #lane(parallel: number): SettlementLane {
    const { table, intervalMs, logger } = this.#options
    return new SettlementLane({
      ...{ table, parallel, intervalMs, logger, signal: this.#end.signal },
      isHeld: (held) => this.#held.has(held),
      onSettled: (held, settled) => {
        this.#report(held, settled)
        this.#held.remove(held)
        return disposeResult(held)
      },
      onLeft: (left) => {
        for (const held of left) this.#held.setSlow(held)
        this.#lanes.large.addLater(left.filter(isLarge))
        this.#lanes.later.addLater(left.filter((held) => !isLarge(held)))
      },
      onBatch: () => {
        this.#claimWakeUp.call()
        this.#settledWakeUp.call()
      },
    })
  }

  #report({ task, pipeline: { name } }: HeldTask, settled: SettledTask | undefined): void {
    if (settled === undefined) return
    const { logger } = this.#options
    const { state, fault } = settled
    if (state !== 'stale' && fault === undefined && !logger.isLevelEnabled('debug')) return
    const fields = { task: task.id, pipeline: name, method: task.method, attempt: task.attempt }
    if (state === 'stale') logger.warn(fields, 'task-lease-lost')
    else if (fault === undefined) logger.debug({ ...fields, state }, 'task-settled')
    else logger.warn({ ...fields, state, code: fault.code, error: fault.message }, 'attempt-failed')
  }

  /** Claims nothing more, waits for the running tasks for `drainMs`, and gives back the others. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#stop.abort()
    await this.#claims
    this.#giveBackWaiting(0)
    await this.#untilEmpty(this.#options.drainMs)
    for (const { outcome, cancel } of this.#held.all) {
      if (outcome === undefined) cancel.request(giveBack)
    }
    await this.#untilEmpty(giveBackMs)
    this.#end.abort()
    await Promise.all(this.#loops)
    // Their leases expire, and another worker claims the tasks.
    await Promise.all(this.#held.all.map(disposeResult))
  }

  async #untilEmpty(limitMs: number): Promise<void> {
    const limit = AbortSignal.timeout(limitMs)
    while (this.#held.all.length > 0 && !limit.aborted) {
      await this.#settledWakeUp.sleep(limitMs, limit)
    }
  }
}

const nothing = Promise.resolve()

function disposeResult({ outcome }: HeldTask): PromiseLike<void> {
  return outcome?.kind === 'complete' ? outcome.result[Symbol.asyncDispose]() : nothing
}
