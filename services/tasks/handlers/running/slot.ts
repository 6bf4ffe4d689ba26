import type { AttemptOutcome, FaultCode, TaskFault } from '../../../ledger/tasks/task.ts'
import type { FromProcess, LogLevel, StartMessage } from '../protocol.ts'
import type { ProcessOptions } from './handler-process.ts'
import { HandlerProcess } from './handler-process.ts'
import type { MethodTimes } from './method-times.ts'
import type { PoolCall } from './pool-call.ts'
import type { ProcessEnd } from './process-end.ts'
import { describeEnd, faultOfEnd } from './process-end.ts'
import type { ReceivedPart } from './read-message.ts'
import { WaitingCalls } from './waiting-calls.ts'

export type SlotOptions = {
  readonly process: ProcessOptions
  readonly start: StartMessage
  readonly times: MethodTimes
  /** Time from the abort of a signal until the process is killed. */
  readonly killAfterMs: number
  readonly maxResultBytes: number
  /** Numbers calls; unique in the pool. */
  readonly nextNumber: () => number
}

export type SlotEvents = {
  /** Calls that did not begin, and can run in any process. */
  readonly onReturned: (calls: readonly PoolCall[]) => void
  readonly onSettled: (slot: Slot) => void
  readonly onProgress: (call: PoolCall, fraction: number) => void
  readonly onLog: (call: PoolCall | undefined, level: LogLevel, text: string) => void
  /** The process has ended before it could run a call. */
  readonly onStartFailure: (reason: string) => void
}

/** A process whose calls are expected to take less than this, in milliseconds, gets more calls. */
const roomBelowMs = 10

/** A place for one running call: its process, and the calls that were sent to it. */
export class Slot {
  readonly #options: SlotOptions
  readonly #events: SlotEvents
  #process: HandlerProcess | undefined
  /** Whether the process begins calls. */
  #isReady = false
  #hasStarted = false
  #calls: PoolCall[] = []
  readonly #waiting: WaitingCalls
  #rawLines = 0

  constructor(options: SlotOptions, events: SlotEvents) {
    this.#options = options
    this.#events = events
    this.#waiting = new WaitingCalls((calls) => this.#process?.send(['withdraw', calls]))
  }

  get pid(): number | undefined {
    return this.#process?.pid
  }

  get isIdle(): boolean {
    return this.#calls.length === 0
  }

  get isReady(): boolean {
    return this.#isReady
  }

  /** Whether it has a call of the pipeline. */
  serves(pipeline: string): boolean {
    return this.#calls.some(({ task }) => task.pipeline === pipeline)
  }

  /** Whether it can take more calls: those that it has will end soon, and none of them must be alone. */
  get hasRoom(): boolean {
    return this.#calls[0]?.isAlone !== true && this.expectedMs < roomBelowMs
  }

  /**
   * How long the calls that it has will take, in milliseconds. One that has run for long is expected to
   * run as long again.
   */
  get expectedMs(): number {
    const { times } = this.#options
    const begunAt = this.#calls[0]?.begunAt
    const runningMs = begunAt === undefined ? 0 : performance.now() - begunAt
    return this.#calls.reduce((sum, { task }) => sum + times.expectedMs(task.method), runningMs)
  }

  /** Starts the process, if there is none. */
  warmUp(): void {
    if (this.#process !== undefined) return
    this.#hasStarted = false
    const started = new HandlerProcess(this.#options.process, {
      onMessage: (message) => this.#receive(message),
      onPart: (part) => this.#receivePart(part),
      onDone: (call, durationMs) => this.#complete(this.#find(call), durationMs),
      onRawLine: (line) => this.#logRaw(line),
      onEnd: (end) => {
        this.#end(started, end)
      },
    })
    this.#process = started
    started.send(['start', this.#options.start])
  }

  add(calls: readonly PoolCall[]): void {
    this.warmUp()
    for (const call of calls) call.number = this.#options.nextNumber()
    this.#calls.push(...calls)
    this.#process?.send(['calls', calls.map(({ message }) => message)])
    this.#begin()
  }

  has(call: PoolCall): boolean {
    return this.#calls.includes(call)
  }

  /** Sets the outcome of a call, and ends it. */
  abort(call: PoolCall): void {
    this.#process?.send(['abort', call.number])
    if (call === this.#calls[0]) call.killAt = performance.now() + this.#options.killAfterMs
    // One that waits has its outcome at once. It stays in the list until the process answers.
    else if (call.ending !== undefined) call.settle(call.ending)
  }

  /** Takes back the calls that wait behind a running one. */
  giveUpWaiting(): void {
    this.#waiting.request(this.#calls, performance.now())
  }

  /** Looks at the times of its calls. */
  tick(now: number): void {
    const [head] = this.#calls
    if (head === undefined || !this.#isReady) return
    if (now >= head.killAt) {
      this.#process?.kill()
      return
    }
    if (head.ending === undefined && now - (head.begunAt ?? now) >= head.timeoutMs) {
      const message = `The handler did not return within ${head.timeoutMs / 1_000} s.`
      const fault = { code: 'timed-out', message, stack: undefined } as const
      head.ending = { kind: 'failed', fault }
      this.abort(head)
    }
    this.#waiting.tick(this.#calls, now, (calls) => {
      this.#takeBack(calls)
    })
  }

  /** Ends the process. Its calls are given back. */
  close(): void {
    for (const call of this.#calls.splice(0)) call.settle({ kind: 'given-back' })
    this.#process?.kill()
  }

  /** The first call runs since now. */
  #begin(): void {
    const [head] = this.#calls
    if (head === undefined || !this.#isReady || head.begunAt !== undefined) return
    const now = performance.now()
    head.begin(now)
    if (head.ending !== undefined) head.killAt = now + this.#options.killAfterMs
    this.#rawLines = 0
  }

  #find(number: number | null): PoolCall | undefined {
    return this.#calls.find((call) => call.number === number)
  }

  #receive(message: FromProcess): void {
    switch (message[0]) {
      case 'ready':
        this.#isReady = true
        this.#hasStarted = true
        this.#begin()
        return
      case 'ending':
        this.#isReady = false
        return
      case 'log':
        this.#events.onLog(this.#find(message[1]), message[2], message[3])
        return
      case 'progress': {
        const call = this.#find(message[1])
        if (call !== undefined) this.#events.onProgress(call, message[2])
        return
      }
      case 'withdrawn':
        this.#takeBack(this.#calls.filter(({ number }) => message[1].includes(number)))
        return
      case 'failed':
        this.#fail(this.#find(message[1]), message[2])
        return
      case 'inspected':
        return
      default:
        message satisfies never
    }
  }

  #receivePart({ call: number, json, rows }: ReceivedPart): void {
    const call = this.#find(number)
    if (call === undefined) return
    const { maxResultBytes } = this.#options
    try {
      if (call.append(json, rows) <= maxResultBytes) return
    } catch (error) {
      // E.g. a full disk. A later attempt may succeed.
      const reason = (error as Error).message
      this.#stop(call, 'threw', `The worker could not store the result of the handler: ${reason}`)
      return
    }
    const message = `The result of the handler has more than ${maxResultBytes} bytes. Return less, or divide the task.`
    this.#stop(call, 'result-too-large', message)
  }

  /** Ends a call that runs. */
  #stop(call: PoolCall, code: FaultCode, message: string): void {
    if (call.ending !== undefined) return
    call.ending = { kind: 'failed', fault: { code, message, stack: undefined } }
    this.abort(call)
  }

  #complete(call: PoolCall | undefined, durationMs: number): void {
    if (call === undefined) return
    this.#options.times.note(call.task.method, durationMs)
    this.#finish(call, { kind: 'complete', result: call.result })
  }

  #fail(call: PoolCall | undefined, { code, message, stack }: TaskFault): void {
    if (call === undefined) return
    if (call.begunAt !== undefined)
      this.#options.times.note(call.task.method, performance.now() - call.begunAt)
    this.#finish(call, { kind: 'failed', fault: { code, message, stack } })
  }

  #finish(call: PoolCall, outcome: AttemptOutcome): void {
    this.#remove([call])
    call.settle(outcome)
    this.#begin()
    this.#events.onSettled(this)
  }

  #takeBack(calls: readonly PoolCall[]): void {
    this.#remove(calls)
    this.#return(calls)
  }

  #return(calls: readonly PoolCall[]): void {
    for (const call of calls) {
      if (call.ending === undefined) call.restart()
      else call.settle(call.ending)
    }
    this.#events.onReturned(calls.filter(({ isSettled }) => !isSettled))
    this.#events.onSettled(this)
  }

  #remove(calls: readonly PoolCall[]): void {
    if (calls.length === 1 && calls[0] === this.#calls[0]) this.#calls.shift()
    else this.#calls = this.#calls.filter((call) => !calls.includes(call))
    this.#waiting.forget()
  }

  /** Output that did not come through the log of a call is limited here. */
  #logRaw(line: string): void {
    const { lines } = this.#options.start.logLimit
    this.#rawLines += 1
    if (this.#rawLines < lines) this.#events.onLog(this.#calls[0], 'warn', line)
    if (this.#rawLines === lines) {
      this.#events.onLog(this.#calls[0], 'warn', 'further lines of standard output are dropped')
    }
  }

  #end(ended: HandlerProcess, end: ProcessEnd): void {
    if (ended !== this.#process) return
    this.#process = undefined
    this.#isReady = false
    const calls = this.#calls.splice(0)
    this.#waiting.forget()
    if (!this.#hasStarted) this.#events.onStartFailure(describeEnd(end))
    const [head] = calls
    if (mayHeadBeComplete(calls, end)) for (const call of calls) call.isAlone = true
    else if (head?.begunAt !== undefined) {
      head.settle({ kind: 'failed', fault: faultOfEnd(end) })
      calls.shift()
    }
    this.#return(calls)
  }
}

/**
 * Whether the first call may be complete, so that a later call may have ended the process. If a signal ends a
 * process, the messages that it has not written yet are lost.
 */
function mayHeadBeComplete(calls: readonly PoolCall[], { signal }: ProcessEnd): boolean {
  const [head] = calls
  return (
    calls.length > 1 && head?.begunAt !== undefined && head.ending === undefined && signal !== null
  )
}
