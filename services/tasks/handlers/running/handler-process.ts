import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import type { Readable, Writable } from 'node:stream'
import { readLines } from '../lines.ts'
import type { FromProcess, ToProcess } from '../protocol.ts'
import { inputFd, outputFd } from '../protocol.ts'
import type { ProcessEnd } from './process-end.ts'
import { heapMessage } from './process-end.ts'
import type { ReceivedPart } from './read-message.ts'
import { maxLineBytes, readMessage } from './read-message.ts'

export type ProcessOptions = {
  /** The file that it runs. */
  readonly program: string
  /** Heap in megabytes. Resident memory may be larger by `memoryBesideHeapMb`. */
  readonly memoryLimitMb: number
  /** All its environment variables. */
  readonly environment: Readonly<Record<string, string>>
  /** Whether a debugger can attach to it. Its address is a line of its output. */
  readonly isDebuggable?: boolean | undefined
}

type ProcessEvents = {
  readonly onMessage: (message: FromProcess) => void
  readonly onPart: (part: ReceivedPart) => void
  readonly onDone: (call: number, durationMs: number) => void
  /** A line that code which is not ours has written, e.g. a program that a handler has started. */
  readonly onRawLine: (line: string) => void
  /** After everything that the process has written was read. */
  readonly onEnd: (end: ProcessEnd) => void
}

/** What Node.js needs beside the heap, and buffers. */
const memoryBesideHeapMb = 128
/** Time for output that is still in the pipes after the process has ended. */
const drainMs = 500
const maxRawLine = 8_192

/** A process that runs calls. */
export class HandlerProcess {
  readonly #child: ChildProcess
  readonly #events: ProcessEvents
  readonly #mark = `memory-${randomUUID()}`
  readonly #limitMb: number
  #memoryBytes: number | undefined
  #isHeapFull = false
  #isPipeMisused = false
  #hasEnded = false

  constructor(options: ProcessOptions, events: ProcessEvents) {
    this.#events = events
    const { program, memoryLimitMb, environment, isDebuggable } = options
    this.#limitMb = memoryLimitMb
    const residentBytes = (memoryLimitMb + memoryBesideHeapMb) * 1_048_576
    const flags = [`--max-old-space-size=${memoryLimitMb}`, '--enable-source-maps']
    // Any free port: several processes can run, and the next one starts before this one has ended.
    if (isDebuggable === true) flags.push('--inspect=127.0.0.1:0')
    this.#child = spawn(
      process.execPath,
      [...flags, program, String(residentBytes), this.#mark],
      // A group for itself, so that programs which a handler has started end with it.
      {
        detached: true,
        env: { ...environment },
        stdio: ['ignore', 'pipe', 'pipe', 'pipe', 'pipe'],
      },
    )
    this.#listen()
  }

  get pid(): number | undefined {
    return this.#child.pid
  }

  send(message: ToProcess): void {
    ;(this.#child.stdio[inputFd] as Writable).write(`${JSON.stringify(message)}\n`)
  }

  kill(): void {
    const { pid } = this.#child
    if (pid === undefined) return
    try {
      process.kill(-pid, 'SIGKILL')
    } catch {
      // It has ended.
    }
  }

  #listen(): void {
    const child = this.#child
    ;(child.stdio[outputFd] as Readable).on(
      'data',
      readLines((line) => {
        this.#read(line)
      }, maxLineBytes),
    )
    for (const stream of [child.stdout, child.stderr]) {
      stream?.on(
        'data',
        readLines((line) => {
          this.#readRaw(line.subarray(0, maxRawLine).toString('utf8'))
        }, maxRawLine),
      )
    }
    // Writing to a process that has just ended fails; `onEnd` follows.
    for (const stream of child.stdio) stream?.on('error', () => undefined)
    child.once('error', (error) => {
      this.#end({ code: null, signal: null, cause: error.message })
    })
    child.once('exit', (code, signal) => {
      // Programs that it has started.
      this.kill()
      const end = (): void => {
        this.#end({ code, signal })
      }
      const timer = setTimeout(end, drainMs)
      child.once('close', () => {
        clearTimeout(timer)
        end()
      })
    })
  }

  #read(line: Buffer): void {
    if (this.#isPipeMisused) return
    const read = readMessage(line)
    switch (read.kind) {
      case 'message':
        this.#events.onMessage(read.message)
        return
      case 'part':
        this.#events.onPart(read.part)
        return
      case 'done':
        this.#events.onDone(read.call, read.durationMs)
        return
      case 'malformed':
        // What the process writes after that cannot be trusted.
        this.#isPipeMisused = true
        this.kill()
        return
      default:
        read satisfies never
    }
  }

  #readRaw(line: string): void {
    if (line.startsWith(this.#mark)) {
      this.#memoryBytes = Number(line.slice(this.#mark.length))
      return
    }
    if (line.includes(heapMessage)) this.#isHeapFull = true
    if (line !== '') this.#events.onRawLine(line)
  }

  #end(end: Pick<ProcessEnd, 'code' | 'signal' | 'cause'>): void {
    if (this.#hasEnded) return
    this.#hasEnded = true
    const { onEnd } = this.#events
    onEnd({
      ...end,
      memoryBytes: this.#memoryBytes,
      isHeapFull: this.#isHeapFull,
      isPipeMisused: this.#isPipeMisused,
      limitMb: this.#limitMb,
    })
  }
}
