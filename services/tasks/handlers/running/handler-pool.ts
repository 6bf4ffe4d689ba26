import type { PostgresSettings } from '../../../adapters/postgres/driver/settings.ts'
import type { AttemptOutcome } from '../../../ledger/tasks/task.ts'
import type { Logger } from '../../../runtime/logger.ts'
import { backoffPauses } from '../../../runtime/retry.ts'
import type { NativeHandler } from '../native/native-handler.ts'
import type { LogLevel } from '../protocol.ts'
import { CallQueue } from './call-queue.ts'
import type { ProcessOptions } from './handler-process.ts'
import { MethodTimes } from './method-times.ts'
import type { CallableTask, CallOptions } from './pool-call.ts'
import { PoolCall } from './pool-call.ts'
import type { SlotEvents } from './slot.ts'
import { Slot } from './slot.ts'

export type PoolOptions = ProcessOptions & {
  /** Calls that run at the same time; each in a process for itself. */
  readonly size: number
  /** For the files of large results. */
  readonly folder: string
  /** The connection of `context.query`; undefined: handlers cannot query. */
  readonly query: PostgresSettings | undefined
  /** For `context.settings`. */
  readonly settings: Readonly<Record<string, string>>
  /** Handlers that run in the worker itself, by name. */
  readonly native: ReadonlyMap<string, NativeHandler>
  readonly events: TaskEvents
  readonly logger: Logger
  /** Time from the abort of a signal until the process is killed; default 5 s. */
  readonly killAfterMs?: number
  /** Default 1 GiB. */
  readonly maxResultBytes?: number
}

/** What running tasks tell. */
type TaskEvents = {
  /** @param task the id of the task */
  readonly onProgress: (task: number, fraction: number) => void
  readonly onLog: (task: number, line: { readonly level: LogLevel; readonly text: string }) => void
}

const logLimit = { lines: 1_000, bytes: 262_144 }
const defaultKillAfterMs = 5_000
const defaultMaxResultBytes = 1_073_741_824
const tickMs = 50
/** A process gets calls for about this time at once, so that small ones do not cost a message each. */
const batchMs = 20
const maxCalls = 200
/** Calls that take less time together are not divided among processes. */
const undividedMs = 5
/** A call of at least this time is long: other pipelines should not have to wait for it. */
const longMs = 1_000
const startRetry = { firstMs: 500, maxMs: 10_000 }

/** Runs calls of handlers in processes that stay for the next calls. */
export class HandlerPool implements AsyncDisposable {
  readonly #options: PoolOptions
  readonly #times = new MethodTimes()
  #bundles: Readonly<Record<string, string>> = {}
  #slots: Slot[] = []
  /** Slots of an earlier version of the handlers, until their running call ends. */
  readonly #retiring = new Set<Slot>()
  readonly #queue = new CallQueue()
  #number = 0
  #isDispatching = false
  #isClosed = false
  #timer: NodeJS.Timeout | undefined
  /** The pauses after failed starts; undefined if no start has failed since the last call that has ended. */
  #startPauses: ReturnType<typeof backoffPauses> | undefined
  #startAfter = 0

  constructor(options: PoolOptions) {
    this.#options = options
  }

  /** Names of the handlers, sorted. */
  get names(): string[] {
    return [...this.#options.native.keys(), ...Object.keys(this.#bundles)].sort()
  }

  has(method: string): boolean {
    return this.#options.native.has(method) || Object.hasOwn(this.#bundles, method)
  }

  /** Process ids of the handlers. */
  get pids(): number[] {
    return this.#allSlots.flatMap(({ pid }) => (pid === undefined ? [] : [pid]))
  }

  /**
   * Uses these handlers for all calls that begin from now on.
   *
   * @param bundles their bundles by name
   */
  use(bundles: ReadonlyMap<string, string>): void {
    this.#bundles = Object.fromEntries(bundles)
    for (const slot of this.#slots) this.#retire(slot)
    this.#slots = Array.from({ length: this.#options.size }, () => this.#createSlot())
    this.#slots[0]?.warmUp()
    this.#dispatchSoon()
  }

  /** Runs one attempt of a task. It always resolves. */
  run(task: CallableTask, options: CallOptions): Promise<AttemptOutcome> {
    const isShell = options.shell !== undefined
    const native = isShell ? undefined : this.#options.native.get(task.method)
    if (native !== undefined) {
      options.onBegin?.()
      return Promise.resolve(native(task.params))
    }
    return new Promise((resolve) => {
      const call = new PoolCall(task, options, { folder: this.#options.folder, resolve })
      if (this.#isClosed) {
        call.settle({ kind: 'given-back' })
      } else if (!isShell && !this.has(task.method)) {
        call.settle({ kind: 'failed', fault: this.#unknown(task.method) })
      } else if (options.cancel.isRequested) {
        call.settle(call.canceledOutcome)
      } else {
        call.onCancel(() => {
          this.#cancel(call)
        })
        this.#queue.add(call)
        this.#dispatchSoon()
      }
    })
  }

  /** Kills the processes. Calls that have not ended are given back. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    for (const call of this.#queue.clear()) call.settle({ kind: 'given-back' })
    for (const slot of this.#allSlots) slot.close()
    return Promise.resolve()
  }

  /** Also those of an earlier version of the handlers. */
  get #allSlots(): Slot[] {
    return [...this.#slots, ...this.#retiring]
  }

  #unknown(method: string): { code: 'unknown-method'; message: string; stack: undefined } {
    const known = this.names
    const message = `There is no handler "${method.slice(0, 200)}". Registered are: ${known.slice(0, 50).join(', ')}${known.length > 50 ? ', …' : ''}.`
    return { code: 'unknown-method', message, stack: undefined }
  }

  #cancel(call: PoolCall): void {
    call.ending ??= call.canceledOutcome
    const slot = this.#allSlots.find((each) => each.has(call))
    if (slot !== undefined) {
      slot.abort(call)
      return
    }
    this.#queue.remove(call)
    call.settle(call.ending)
  }

  /** All calls that arrive in one turn of the event loop are divided together. */
  #dispatchSoon(): void {
    if (this.#isDispatching) return
    this.#isDispatching = true
    setImmediate(() => {
      this.#isDispatching = false
      this.#dispatch()
    })
  }

  #dispatch(): void {
    if (this.#isClosed || this.#queue.isEmpty) return
    this.#timer ??= setInterval(() => {
      this.#tick()
    }, tickMs)
    if (performance.now() < this.#startAfter) return
    const usable = this.#slots.slice(0, Math.max(0, this.#slots.length - this.#retiring.size))
    const open = usable
      .filter((slot) => slot.isIdle || slot.hasRoom)
      .sort((left, right) => rankOf(left) - rankOf(right))
    const share = Math.ceil(this.#queue.length / Math.max(1, open.length))
    for (const slot of open) {
      const calls = this.#take(slot, share)
      if (calls.length > 0) slot.add(calls)
    }
  }

  /** Takes waiting calls for a slot: its share, or more if all of them together are short. */
  #take(slot: Slot, share: number): PoolCall[] {
    const taken: PoolCall[] = []
    let expectedMs = slot.expectedMs
    const take = (call: PoolCall): boolean => {
      const nextMs = this.#times.expectedMs(call.task.method)
      const limitMs = taken.length < share ? batchMs : undividedMs
      const isFirst = slot.isIdle && taken.length === 0
      if (!isFirst && (call.isAlone || taken[0]?.isAlone === true)) return false
      if (!isFirst && (taken.length >= maxCalls || expectedMs + nextMs > limitMs)) return false
      expectedMs += nextMs
      taken.push(call)
      return true
    }
    for (const next of this.#queue.turns) {
      if (this.#mayUse(slot, next)) this.#queue.takeWhile(next.task.pipeline, take)
    }
    return taken
  }

  /**
   * Whether a pipeline may use one more process, or uses this one already. Long calls of a pipeline leave
   * one of three or more processes to others.
   */
  #mayUse(slot: Slot, { task: { pipeline, method }, concurrency }: PoolCall): boolean {
    if (slot.serves(pipeline)) return true
    const used = this.#allSlots.filter((each) => each.serves(pipeline))
    const isLong = this.#times.expectedMs(method) >= longMs
    const { size } = this.#options
    const most = isLong && size > 2 ? size - 1 : size
    return used.length < Math.min(concurrency, most)
  }

  #tick(): void {
    const slots = this.#allSlots
    const now = performance.now()
    for (const slot of slots) slot.tick(now)
    if (!this.#queue.isEmpty) this.#dispatch()
    else if (slots.every(({ isIdle }) => isIdle)) {
      clearInterval(this.#timer)
      this.#timer = undefined
    }
  }

  #createSlot(): Slot {
    const { program, memoryLimitMb, environment, isDebuggable, query, settings } = this.#options
    return new Slot(
      {
        process: { program, memoryLimitMb, environment, isDebuggable },
        start: { bundles: this.#bundles, query: query ?? null, settings, logLimit },
        times: this.#times,
        killAfterMs: this.#options.killAfterMs ?? defaultKillAfterMs,
        maxResultBytes: this.#options.maxResultBytes ?? defaultMaxResultBytes,
        nextNumber: () => ++this.#number,
      },
      this.#slotEvents(),
    )
  }

  #slotEvents(): SlotEvents {
    const { events, logger } = this.#options
    return {
      onReturned: (calls) => {
        this.#queue.addFirst(calls)
      },
      onSettled: (slot) => {
        this.#startPauses = undefined
        if (this.#retiring.has(slot)) this.#retire(slot)
        if (!this.#queue.isEmpty) this.#dispatchSoon()
      },
      onProgress: ({ task }, fraction) => {
        events.onProgress(task.id, fraction)
      },
      onLog: (call, level, text) => {
        const { id: task, pipeline, method } = call?.task ?? {}
        // The level `error` of the worker means that an operator must act.
        const own = level === 'error' ? 'warn' : level
        logger[own]({ task, pipeline, method, line: text }, 'handler-line')
        if (task !== undefined) events.onLog(task, { level, text })
      },
      onStartFailure: (reason) => {
        if (this.#isClosed) return
        this.#startPauses ??= backoffPauses(startRetry)
        const pauseMs = this.#startPauses.next().value
        this.#startAfter = performance.now() + pauseMs
        logger.error({ error: reason, retryInMs: pauseMs }, 'handler-process-not-started')
      },
    }
  }

  #retire(slot: Slot): void {
    if (slot.isIdle) {
      this.#retiring.delete(slot)
      slot.close()
    } else {
      this.#retiring.add(slot)
      slot.giveUpWaiting()
    }
  }
}

/** Processes that run already and wait come first. */
const rankOf = ({ isIdle, isReady }: Slot): number => (isReady ? 0 : 2) + (isIdle ? 0 : 1)
