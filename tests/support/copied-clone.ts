import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../../scripts/platform/paths.ts'
import { TemporaryFolder } from './temporary-folder.ts'

const folders = ['scripts', 'services', 'infra', 'fleet']
const files = ['package.json', 'package-lock.json', 'tsconfig.json', 'config.master.json']

/** A copy of this clone with a separate state folder, as on another machine. The packages are shared. */
export class CopiedClone implements Disposable {
  readonly #folder = new TemporaryFolder()
  /** The clone. */
  readonly path = join(this.#folder.path, 'clone')
  readonly #home = join(this.#folder.path, 'state')

  constructor() {
    mkdirSync(this.path)
    for (const name of folders) cpSync(join(root, name), join(this.path, name), { recursive: true })
    for (const name of files) cpSync(join(root, name), join(this.path, name))
    // A link for each package: an installation in the copy would remove the links and nothing else.
    const packages = join(root, 'node_modules')
    mkdirSync(join(this.path, 'node_modules'))
    for (const name of readdirSync(packages))
      symlinkSync(join(packages, name), join(this.path, 'node_modules', name))
  }

  /** Starts a command without npm, so that a signal reaches the command itself. */
  start(...args: readonly string[]): StartedCommand {
    const env = { ...process.env, AV_TELEMETRY_HOME: this.#home, NO_COLOR: '1' }
    const command = ['scripts/bootstrap.mjs', ...args]
    return new StartedCommand(
      spawn(process.execPath, command, {
        ...{ cwd: this.path, env },
        stdio: ['ignore', 'pipe', 'pipe'],
      }),
    )
  }

  /** Runs a command to its end. */
  async run(...args: readonly string[]): Promise<{ code: number | null; out: string }> {
    const command = this.start(...args)
    return { code: await command.exit, out: command.output }
  }

  [Symbol.dispose](): void {
    this.#folder[Symbol.dispose]()
  }
}

class StartedCommand {
  readonly child: ChildProcess
  /** Resolves to the exit code, after the end of the output. */
  readonly exit: Promise<number | null>
  /** Standard output and standard error together. */
  output = ''

  constructor(child: ChildProcess) {
    this.child = child
    for (const stream of [child.stdout, child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    this.exit = once(child, 'close').then(() => child.exitCode)
  }
}

export type { StartedCommand }
