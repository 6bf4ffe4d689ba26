import { AsyncLocalStorage } from 'node:async_hooks'
import { formatWithOptions } from 'node:util'
import type { LogLevel, LogLimit } from '../protocol.ts'
import { write } from './output/output.ts'

const maxLineLength = 8_192

/** The log lines of one call. What is above the limit is counted, not sent. */
export class CallLog {
  readonly #call: number | null
  readonly #limit: LogLimit
  #lines = 0
  #bytes = 0
  #dropped = 0

  constructor(call: number | null, limit: LogLimit) {
    this.#call = call
    this.#limit = limit
  }

  write(level: LogLevel, text: string): void {
    for (const line of text.split('\n')) if (line !== '') this.#writeLine(level, line)
  }

  /** Tells how many lines were dropped. */
  end(): void {
    if (this.#dropped === 0) return
    const lines = this.#dropped === 1 ? '1 line was' : `${this.#dropped} lines were`
    write(['log', this.#call, 'warn', `${lines} dropped: ${this.#limitText()}`])
    this.#dropped = 0
  }

  #writeLine(level: LogLevel, line: string): void {
    if (this.#lines >= this.#limit.lines || this.#bytes >= this.#limit.bytes) {
      if (this.#dropped === 0) {
        write(['log', this.#call, 'warn', `further lines are dropped: ${this.#limitText()}`])
      }
      this.#dropped += 1
      return
    }
    const text = line.length <= maxLineLength ? line : `${line.slice(0, maxLineLength)}…`
    this.#lines += 1
    this.#bytes += text.length
    write(['log', this.#call, level, text])
  }

  #limitText(): string {
    return `a task may log ${this.#limit.lines} lines and ${this.#limit.bytes} bytes`
  }
}

/** The log of the call in whose context code runs, also after the call has ended. */
export const callLogs = new AsyncLocalStorage<CallLog>()

/** Makes standard output and standard error of the process log lines of the call that writes them. */
export function captureOutput(outside: CallLog): void {
  for (const [stream, level] of [
    [process.stdout, 'info'],
    [process.stderr, 'warn'],
  ] as const) {
    stream.write = (chunk: string | Uint8Array, ...rest: readonly unknown[]) => {
      const text = typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8')
      ;(callLogs.getStore() ?? outside).write(level, text)
      const done = rest.at(-1)
      if (typeof done === 'function') process.nextTick(done)
      return true
    }
  }
}

/** The text of a message that may be any value. */
export const toText = (message: unknown): string =>
  typeof message === 'string' ? message : formatWithOptions({ colors: false }, '%O', message)
