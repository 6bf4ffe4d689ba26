import type { SpawnSyncReturns } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { UserError } from '../../infra/checks/user-error.ts'
import { makePath } from '../../services/runtime/process/make-path.mjs'
import { root } from './paths.ts'
import { print } from '../cli/output.ts'

/** The name of the project in `Pulumi.yaml`. */
const project = 'av-telemetry'

/** The stack as the labels of its containers name it. A name may be given with organisation and project. */
export function labelOfStack(name: string): string {
  return `${project}/${name.split('/').at(-1) ?? ''}`
}

/** Runs the `pulumi` command in the clone, on one stack. */
export class Pulumi {
  readonly #stack: string
  readonly #signal: AbortSignal

  /**
   * Checks that the command is installed and logged in. For a user who has never logged in, the state is
   * kept on this machine, and its secrets are encrypted with a generated passphrase. The stack is neither
   * created nor selected.
   *
   * @throws UserError with what the user must do
   */
  static async open(stack: string, signal: AbortSignal): Promise<Pulumi> {
    if (spawnSync('pulumi', ['version']).error) {
      throw new UserError(
        'The pulumi command is not installed. Install it (www.pulumi.com/docs/install), or run the platform without it: npm start.',
      )
    }
    const pulumi = new Pulumi(stack, signal)
    await pulumi.#logIn()
    pulumi.#choosePassphrase()
    return pulumi
  }

  private constructor(stack: string, signal: AbortSignal) {
    this.#stack = stack
    this.#signal = signal
  }

  /** Selects the stack. Creates it first if it does not exist. */
  async select(): Promise<void> {
    await this.run('stack', 'select', '--create', this.#stack, '--non-interactive')
  }

  /** Runs a command on the stack. The user sees its output. */
  async onStack(...args: readonly string[]): Promise<void> {
    await this.run(...args, '--stack', this.#stack)
  }

  /** An output of the stack; undefined if it has none, because nothing runs or the stack does not exist. */
  output(name: string): string | undefined {
    const { status, stdout } = this.#query('stack', 'output', name, '--stack', this.#stack)
    return (status === 0 && stdout.trim()) || undefined
  }

  /** @throws UserError if it fails; it has printed the reason */
  run(...args: readonly string[]): Promise<void> {
    // Its own process group: a second SIGINT from the terminal would make pulumi abort immediately.
    const child = spawn('pulumi', [...args], { cwd: root, stdio: 'inherit', detached: true })
    const interrupt = (): void => {
      child.kill('SIGINT')
    }
    this.#signal.addEventListener('abort', interrupt)
    return new Promise((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code) => {
        this.#signal.removeEventListener('abort', interrupt)
        if (code === 0) resolve()
        else reject(new UserError(`pulumi ${args[0] ?? ''} failed.`))
      })
    })
  }

  #query(...args: readonly string[]): SpawnSyncReturns<string> {
    return spawnSync('pulumi', args, { cwd: root, encoding: 'utf8' })
  }

  /** Keeps a user's login, because it is used by every project on this machine. */
  async #logIn(): Promise<void> {
    const { status, stderr } = this.#query('whoami', '--non-interactive')
    if (status === 0) return
    if (hasLoggedIn()) {
      throw new UserError(
        `Pulumi cannot reach the state backend to which you are logged in (${stderr.trim()}). Make it reachable, or log in again with pulumi login.`,
      )
    }
    await this.run('login', '--local')
  }

  /** Only a state on disk needs a passphrase. */
  #choosePassphrase(): void {
    const isChosen = ['PULUMI_CONFIG_PASSPHRASE', 'PULUMI_CONFIG_PASSPHRASE_FILE'].some(
      (name) => process.env[name] !== undefined,
    )
    const isOnDisk = this.#query('whoami', '--verbose').stdout.includes('file://')
    if (isChosen || !isOnDisk) return
    const file = join(pulumiHome(), 'av-telemetry-passphrase')
    if (!existsSync(file)) {
      makePath(dirname(file))
      writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600, flag: 'wx' })
    }
    process.env['PULUMI_CONFIG_PASSPHRASE_FILE'] = file
    print(
      `The passphrase of the secrets is in ${file}. To run pulumi yourself:\n  export PULUMI_CONFIG_PASSPHRASE_FILE=${file}`,
    )
  }
}

/** Pulumi treats an empty variable as not set. */
const setting = (name: string): string | undefined => process.env[name] || undefined

const pulumiHome = (): string => setting('PULUMI_HOME') ?? join(homedir(), '.pulumi')

/**
 * Whether the user has chosen a state backend. Credentials that cannot be read count as a choice.
 */
function hasLoggedIn(): boolean {
  if (setting('PULUMI_BACKEND_URL') ?? setting('PULUMI_ACCESS_TOKEN')) return true
  const folder = setting('PULUMI_CREDENTIALS_PATH') ?? pulumiHome()
  try {
    const text = readFileSync(join(folder, 'credentials.json'), 'utf8')
    return Boolean((JSON.parse(text) as { current?: string }).current)
  } catch (error) {
    return (error as NodeJS.ErrnoException).code !== 'ENOENT'
  }
}
