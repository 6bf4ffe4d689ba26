import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import type { LogLine } from './captured-log.ts'

/** A bundled service in a child process, with its log lines. */
export class ServiceProcess implements AsyncDisposable {
  readonly name: string
  readonly lines: LogLine[] = []
  readonly #child: ChildProcess
  readonly #closed: Promise<unknown>

  constructor(name: string, bundle: string, env: Readonly<Record<string, string>>) {
    this.name = name
    this.#child = spawn(process.execPath, [bundle], {
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.#closed = once(this.#child, 'close')
    if (!this.#child.stdout) throw new Error('the process has no standard output')
    createInterface(this.#child.stdout).on('line', (line) => {
      this.lines.push(JSON.parse(line) as LogLine)
    })
  }

  get isRunning(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null
  }

  /** The log lines of an event, the oldest first. */
  events(name: string): LogLine[] {
    return this.lines.filter(({ event }) => event === name)
  }

  /** Resolves to the exit code when the process has exited. */
  async waitForExit(): Promise<number | null> {
    await this.#closed
    return this.#child.exitCode
  }

  /** Sends SIGTERM. Resolves to the exit code. */
  stop(): Promise<number | null> {
    this.#child.kill('SIGTERM')
    return this.waitForExit()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isRunning) this.#child.kill('SIGKILL')
    await this.#closed
  }
}
