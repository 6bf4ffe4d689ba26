import { setImmediate as afterPoll } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'
import type { ReadOnlyQueries } from '../../../adapters/postgres/driver/read-only-queries.ts'
import type { Handler } from '../api/handler.ts'
import { isHandler } from '../api/handler.ts'
import type { CallMessage, StartMessage } from '../protocol.ts'
import { CallLog, callLogs } from './call-log.ts'
import { createContext } from './call-context.ts'
import { CallFault, faultOf } from './call-fault.ts'
import { flush, write, writeDone } from './output/output.ts'
import { LazyAbort } from './lazy-abort.ts'
import { parseParams } from './parse-params.ts'
import { runShell } from './run-shell.ts'
import { isAsyncIterable, writeParts, writeResult } from './write-result.ts'

/** Longest time without a look at the messages of the worker, between two calls. */
const pollMs = 50

type Running = {
  readonly call: CallMessage
  readonly abort: LazyAbort
  readonly log: CallLog
}

/** Runs calls one after the other. */
export class CallRunner {
  readonly #start: StartMessage
  readonly #outside: CallLog
  readonly #handlers = new Map<string, Handler>()
  #waiting: CallMessage[] = []
  #running: Running | undefined
  #isBusy = false
  #polledAt = 0
  #queries: ReadOnlyQueries | undefined

  /** @param outside the log of what runs outside of calls */
  constructor(start: StartMessage, outside: CallLog) {
    this.#start = start
    this.#outside = outside
  }

  add(calls: readonly CallMessage[]): void {
    this.#waiting.push(...calls)
    if (!this.#isBusy) void this.#runAll()
  }

  abort(call: number): void {
    if (this.#running?.call.call === call) this.#running.abort.abort()
    else this.withdraw([call])
  }

  withdraw(calls: readonly number[]): void {
    const taken = this.#waiting.filter(({ call }) => calls.includes(call))
    this.#waiting = this.#waiting.filter((each) => !taken.includes(each))
    write(['withdrawn', taken.map(({ call }) => call)])
  }

  /** An error that no handler has caught ends the process: what the call has left behind ends with it. */
  onUncaught(error: unknown): void {
    const running = this.#running
    const log = callLogs.getStore()
    const fault = faultOf(error)
    if (running === undefined || (log !== undefined && log !== running.log)) {
      const text = `an error after the end of a task was not caught: ${fault.stack ?? fault.message}`
      ;(log ?? this.#outside).write('error', text)
      return
    }
    running.log.end()
    write(['ending'])
    const message = `An error was not caught: ${fault.message}`
    write(['failed', running.call.call, { ...fault, message }])
    process.exit(1)
  }

  async #runAll(): Promise<void> {
    this.#isBusy = true
    while (this.#waiting.length > 0) {
      if (performance.now() - this.#polledAt >= pollMs) await this.#poll()
      const call = this.#waiting.shift()
      if (call !== undefined) await this.#run(call)
    }
    this.#isBusy = false
    flush()
  }

  /**
   * Reads what the worker has sent. So a call that was taken back does not begin: the worker relies on it.
   */
  async #poll(): Promise<void> {
    flush()
    // After the second one the event loop has looked at the pipe.
    await afterPoll()
    await afterPoll()
    this.#polledAt = performance.now()
  }

  async #run(call: CallMessage): Promise<void> {
    const log = new CallLog(call.call, this.#start.logLimit)
    const running = { call, abort: new LazyAbort(), log }
    const begunAt = performance.now()
    this.#running = running
    try {
      const last = await callLogs.run(log, () => this.#invoke(running))
      log.end()
      writeDone(call.call, { durationMs: performance.now() - begunAt, last })
    } catch (error) {
      log.end()
      write(['failed', call.call, faultOf(error)])
    }
    this.#running = undefined
  }

  async #invoke({ call, abort, log }: Running): Promise<string> {
    if (call.shell !== undefined) {
      await runShell(call, { log, signal: abort.signal })
      return ''
    }
    const found = this.#handlers.get(call.method) ?? (await this.#find(call.method))
    const parsed = parseParams(found.params, call.params)
    const params: unknown = parsed instanceof Promise ? await parsed : parsed
    const query = (sql: string, values: readonly unknown[] = []): Promise<never[]> =>
      this.#query({ sql, values, signal: abort.signal })
    const { settings } = this.#start
    const context = createContext({ call, log, abort, query, settings })
    const returned = await found.run(params, context)
    return isAsyncIterable(returned)
      ? writeParts(call.call, returned, abort.signal)
      : writeResult(call.call, returned)
  }

  async #query(order: {
    readonly sql: string
    readonly values: readonly unknown[]
    readonly signal: AbortSignal
  }): Promise<never[]> {
    const { query } = this.#start
    if (query === null) throw new Error('This worker has no connection for queries of handlers.')
    if (this.#queries === undefined) {
      const { ReadOnlyQueries } =
        await import('../../../adapters/postgres/driver/read-only-queries.ts')
      this.#queries ??= new ReadOnlyQueries(query)
    }
    return (await this.#queries.run(order)) as never[]
  }

  async #find(method: string): Promise<Handler> {
    const bundle = this.#start.bundles[method]
    if (bundle === undefined) {
      throw new CallFault('unknown-method', `There is no handler "${method}".`)
    }
    const found = (await importExports(bundle)).find(
      (value): value is Handler => isHandler(value) && value.name === method,
    )
    if (found === undefined)
      throw new Error(`${bundle} has no handler "${method}" when it is imported again.`)
    this.#handlers.set(method, found)
    return found
  }
}

const importExports = async (bundle: string): Promise<readonly unknown[]> =>
  Object.values((await import(pathToFileURL(bundle).href)) as Readonly<Record<string, unknown>>)
