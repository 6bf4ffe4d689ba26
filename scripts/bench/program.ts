import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { bundlePrograms } from '../../infra/bundle/bundles.ts'
import { root } from '../platform/paths.ts'
import { BenchPlatform } from './bench-platform.ts'

/**
 * Limit-line programs and clients. They run as separate processes, so that they do not share this
 * event loop.
 */
export type ProgramName =
  | 'bare-files'
  | 'bare-objects'
  | 'bare-sink'
  | 'bare-table'
  | 'bare-tasks'
  | 'bare-ingest'
  | 'post-load'
  | 'bare-hour'
  | 'vehicle-hour'

/**
 * Runs a program to its end.
 *
 * @returns the parsed JSON output
 */
export async function runProgram<Result>(
  name: ProgramName,
  order: unknown,
  signal: AbortSignal,
): Promise<Result> {
  const program = new RunningProgram(name, order)
  const stop = (): void => {
    program.kill()
  }
  signal.addEventListener('abort', stop)
  try {
    return JSON.parse(await program.ended) as Result
  } finally {
    signal.removeEventListener('abort', stop)
    signal.throwIfAborted()
  }
}

/** A program that runs until it ends or is killed. */
export class RunningProgram {
  /** Resolves to the output. Rejects if the exit code is not 0. */
  readonly ended: Promise<string>
  readonly #child
  #output = ''

  constructor(name: ProgramName, order: unknown) {
    const { bundles } = BenchPlatform.folders
    bundlePrograms(root, bundles, { [name]: `scripts/bench/programs/${name}.ts` })
    const args = ['--enable-source-maps', join(bundles, `${name}.mjs`)]
    this.#child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] })
    // Not as an argument: it contains passwords, and other users see the arguments. A program that
    // has ended does not read it; its exit code says why.
    this.#child.stdin.on('error', () => undefined).end(JSON.stringify(order))
    this.#child.stdout.setEncoding('utf8').on('data', (text: string) => (this.#output += text))
    this.ended = this.#end(name)
    this.ended.catch(() => undefined)
  }

  async #end(name: string): Promise<string> {
    const [code, signal] = (await once(this.#child, 'close')) as [number | null, string | null]
    if (code !== 0 && signal === null) throw new Error(`${name} ended with exit code ${code}`)
    return this.#output
  }

  kill(): void {
    this.#child.kill()
  }
}
