import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { appendFileSync, closeSync, openSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { ProcessIdentity } from '../../services/runtime/process/process-identity.ts'
import { identify, signalGroup } from '../../services/runtime/process/process-identity.ts'
import type { Role } from '../topology/role-registry.ts'

/** How a service is started as a process of this machine. */
export type Command = {
  readonly name: string
  readonly role: Role
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  /** The user it runs as; undefined for the user who starts it. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** The signal for a graceful shutdown. */
  readonly stopSignal: NodeJS.Signals
  readonly restart: boolean
}

const firstPause = 500
const longestPause = 15_000
/** Files of a service, e.g. readings in Kafka's log, are closed to other users. */
const umask = 0o077
/** A process that ran for this many milliseconds counts as healthy: its next restart delay is short again. */
const wellAfter = 30_000

/**
 * A process that is restarted with growing delays when it ends unexpectedly. It has its own process
 * group, so that Ctrl-C in the terminal reaches only the supervisor.
 */
export class SupervisedProcess {
  readonly command: Command
  readonly #onChange: () => void
  #child: ChildProcess | undefined
  #identity: ProcessIdentity | undefined
  #stopping = false
  #pause = firstPause
  #restarts = 0
  #restartTimer: NodeJS.Timeout | undefined
  #ended: Promise<number | null> = Promise.resolve(null)

  /** @param onChange called when the process has started or ended; it must not throw */
  constructor(command: Command, onChange: () => void) {
    this.command = command
    this.#onChange = onChange
  }

  /** The running process, if there is one. */
  get identity(): ProcessIdentity | undefined {
    return this.#identity
  }

  get restarts(): number {
    return this.#restarts
  }

  /** The exit code of the last process; null if a signal ended it. */
  get ended(): Promise<number | null> {
    return this.#ended
  }

  /** @throws Error if it cannot be started, e.g. because the log file cannot be opened */
  start(): void {
    this.#stopping = false
    const { file, args, env, logFile, user } = this.command
    const logFileDescriptor = openSync(logFile, 'a', 0o600)
    // The child process takes over the umask of this process.
    const ownUmask = process.umask(umask)
    let child: ChildProcess
    try {
      child = spawn(file, args, {
        env,
        cwd: '/',
        detached: true,
        stdio: ['ignore', logFileDescriptor, logFileDescriptor],
        ...user,
      })
    } finally {
      process.umask(ownUmask)
      closeSync(logFileDescriptor)
    }
    this.#child = child
    this.#identity = child.pid === undefined ? undefined : identify(child.pid)
    const startedAt = Date.now()
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.note(`cannot be started: ${error.message}`)
        this.#afterEnd(startedAt)
        resolve(null)
      })
      child.once('exit', (code, signal) => {
        if (!this.#stopping) this.note(`ended unexpectedly (${signal ?? `exit code ${code}`})`)
        this.#afterEnd(startedAt)
        resolve(code)
      })
    })
    this.#onChange()
  }

  #afterEnd(startedAt: number): void {
    this.#child = undefined
    this.#identity = undefined
    if (Date.now() - startedAt > wellAfter) this.#pause = firstPause
    if (this.command.restart && !this.#stopping) {
      this.#startAfterPause()
    }
    this.#onChange()
  }

  /** A failed start, e.g. on a full disk, is retried after the next delay. */
  #startAfterPause(): void {
    this.#restartTimer = setTimeout(() => {
      this.#restarts += 1
      try {
        this.start()
      } catch {
        this.#startAfterPause()
      }
    }, this.#pause)
    this.#pause = Math.min(this.#pause * 2, longestPause)
  }

  /** Asks the process to end, and kills its group after `graceMs`. */
  async stop(graceMs: number): Promise<void> {
    this.#stopping = true
    clearTimeout(this.#restartTimer)
    const child = this.#child
    if (child?.pid === undefined) return
    child.kill(this.command.stopSignal)
    const grace = new AbortController()
    const inTime = await Promise.race([
      this.#ended.then(() => true),
      wait(graceMs, false, { signal: grace.signal }).catch(() => false),
    ])
    grace.abort()
    if (inTime) return
    this.note(`did not end within ${graceMs} ms and was killed`)
    signalGroup(child.pid, 'SIGKILL')
    await this.#ended
  }

  /** Kills the process because it hangs. Like every process that ends unexpectedly, it is restarted. */
  killHung(reason: string): void {
    const pid = this.#child?.pid
    if (pid === undefined) return
    this.note(`${reason} and was killed`)
    signalGroup(pid, 'SIGKILL')
  }

  /** Writes a line of the supervisor to the service's log. Errors are ignored, e.g. a full disk. */
  note(text: string): void {
    const { name, logFile } = this.command
    try {
      appendFileSync(logFile, `${new Date().toISOString()} supervisor: ${name} ${text}\n`)
    } catch {
      // The process runs without this line too.
    }
  }
}
