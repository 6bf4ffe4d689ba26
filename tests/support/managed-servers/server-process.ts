import type { ChildProcess, SpawnOptions } from 'node:child_process'
import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { promisify } from 'node:util'
import { recordCommand } from '../../../scripts/test/leftovers.ts'

/** A program with its arguments. */
export type Program = {
  readonly file: string
  readonly args: readonly string[]
  readonly options?: Pick<SpawnOptions, 'cwd' | 'env' | 'uid' | 'gid'>
}

/** A server in a separate process group. It is ended with the test run if a test leaves it running. */
export class ServerProcess {
  readonly #program: Program
  #child: ChildProcess | undefined
  #output = ''

  constructor(program: Program) {
    this.#program = program
  }

  /** What the server has printed. */
  get output(): string {
    return this.#output
  }

  get isRunning(): boolean {
    const child = this.#child
    return child !== undefined && child.exitCode === null && child.signalCode === null
  }

  start(): void {
    const { file, args, options } = this.#program
    const child = spawn(file, args, {
      ...{ detached: true, stdio: ['ignore', 'pipe', 'pipe'] },
      ...options,
    })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    child.on('error', (error) => (this.#output += error.message))
    if (child.pid !== undefined) recordCommand(child.pid)
    this.#child = child
  }

  /** Sends a signal to the server, if it runs. */
  signal(signal: NodeJS.Signals): void {
    if (this.isRunning) this.#child?.kill(signal)
  }

  /** Ends the server with a signal. Resolves when it has ended. */
  async end(signal: NodeJS.Signals): Promise<void> {
    if (this.#child === undefined || !this.isRunning) return
    const ended = once(this.#child, 'exit')
    this.#child.kill(signal)
    await ended
  }
}

/** Runs a program until it ends. @throws Error with its output if it fails */
export async function runProgram({ file, args, options }: Program): Promise<void> {
  try {
    await promisify(execFile)(file, [...args], options ?? {})
  } catch (error) {
    const { message, stdout } = error as Error & { stdout?: string }
    throw new Error(`${message}\n${stdout ?? ''}`, { cause: error })
  }
}
