import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { appendFileSync, closeSync, openSync } from 'node:fs'
import { setTimeout as wait } from 'node:timers/promises'
import type { ProcessIdentity } from '../../services/runtime/process/process-identity.ts'
import { identify, signalGroup } from '../../services/runtime/process/process-identity.ts'
import type { Role } from '../topology/registry.ts'

/** How a service becomes a process of this machine. */
export type Command = {
  readonly name: string
  readonly role: Role
  readonly file: string
  readonly args: readonly string[]
  readonly env: Readonly<Record<string, string>>
  readonly logFile: string
  /** Where it is not the user who starts it. */
  readonly user?: { readonly uid: number; readonly gid: number }
  /** What asks it to end in good order. */
  readonly stopSignal: NodeJS.Signals
  readonly restart: boolean
}

const firstPause = 500
const longestPause = 15_000
/** Milliseconds after which a process is taken to run well, so that its next pause is short again. */
const wellAfter = 30_000

/**
 * A process that is started again with growing pauses when it ends by itself. It is in a process
 * group of its own, so that the terminal's Ctrl-C reaches the supervisor alone.
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

  /** @param onChange called when the process has started or ended; it does not throw */
  constructor(command: Command, onChange: () => void) {
    this.command = command
    this.#onChange = onChange
  }

  /** The process that runs now, if one does. */
  get identity(): ProcessIdentity | undefined {
    return this.#identity
  }

  get restarts(): number {
    return this.#restarts
  }

  /** The exit code of the process that was started last; null where a signal ended it. */
  get ended(): Promise<number | null> {
    return this.#ended
  }

  /** @throws what hinders it, e.g. a log file that cannot be opened */
  start(): void {
    this.#stopping = false
    const { file, args, env, logFile, user } = this.command
    const logId = openSync(logFile, 'a')
    let child: ChildProcess
    try {
      child = spawn(file, args, {
        env,
        cwd: '/',
        detached: true,
        stdio: ['ignore', logId, logId],
        ...user,
      })
    } finally {
      closeSync(logId)
    }
    this.#child = child
    this.#identity = child.pid === undefined ? undefined : identify(child.pid)
    const startedAt = Date.now()
    this.#ended = new Promise((resolve) => {
      child.once('error', (error) => {
        this.#note(`cannot be started: ${error.message}`)
        this.#afterEnd(startedAt)
        resolve(null)
      })
      child.once('exit', (code, signal) => {
        if (!this.#stopping) this.#note(`ended by itself (${signal ?? `exit code ${code}`})`)
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

  /** What cannot be started, e.g. on a full disk, is tried again after the next pause. */
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

  /** Asks the process to end, and kills its group when it has not after `graceMs`. */
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
    this.#note(`did not end within ${graceMs} ms and is killed`)
    signalGroup(child.pid, 'SIGKILL')
    await this.#ended
  }

  /** A line of the supervisor in the service's own log; given up where the disk is full. */
  #note(text: string): void {
    const { name, logFile } = this.command
    try {
      appendFileSync(logFile, `${new Date().toISOString()} supervisor: ${name} ${text}\n`)
    } catch {
      // The process goes on, or starts again, all the same.
    }
  }
}
