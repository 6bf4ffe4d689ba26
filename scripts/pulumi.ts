import { spawn, spawnSync } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { MachineError } from '../infra/machine-error.ts'
import { root } from './local-access.ts'

/** The `pulumi` command, in the clone and on one stack. */
export class Pulumi {
  readonly #stack: string
  readonly #signal: AbortSignal

  /**
   * Sees that the command is there, logged in, and has the stack. Without an account of the user's
   * the state is kept on this machine, its secrets encrypted by a passphrase that is made for it.
   *
   * @throws MachineError with a sentence that says what to do
   */
  static async open(stack: string, signal: AbortSignal): Promise<Pulumi> {
    if (spawnSync('pulumi', ['version']).error) {
      throw new MachineError(
        'There is no pulumi command: install it (www.pulumi.com/docs/install), or run the platform without it by npm start.',
      )
    }
    const pulumi = new Pulumi(stack, signal)
    if (pulumi.#ask('whoami', '--non-interactive') === undefined) {
      await pulumi.run('login', '--local')
    }
    pulumi.#choosePassphrase()
    await pulumi.run('stack', 'select', '--create', stack, '--non-interactive')
    return pulumi
  }

  private constructor(stack: string, signal: AbortSignal) {
    this.#stack = stack
    this.#signal = signal
  }

  /** Runs a command on the stack, its output before the user's eyes. */
  async onStack(...args: readonly string[]): Promise<void> {
    await this.run(...args, '--stack', this.#stack)
  }

  /** @throws MachineError where it does not succeed; it has said why */
  run(...args: readonly string[]): Promise<void> {
    // A group of its own: a second SIGINT, from the terminal, would make it give up at once.
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
        else reject(new MachineError(`pulumi ${args[0] ?? ''} did not succeed.`))
      })
    })
  }

  /** What a command prints; undefined where it fails. */
  #ask(...args: readonly string[]): string | undefined {
    const { status, stdout } = spawnSync('pulumi', args, { cwd: root, encoding: 'utf8' })
    return status === 0 ? stdout.trim() : undefined
  }

  /** Only a state without a service around it asks for a passphrase. */
  #choosePassphrase(): void {
    const isChosen = ['PULUMI_CONFIG_PASSPHRASE', 'PULUMI_CONFIG_PASSPHRASE_FILE'].some(
      (name) => process.env[name] !== undefined,
    )
    const isOnDisk = this.#ask('whoami', '--verbose')?.includes('file://') ?? false
    if (isChosen || !isOnDisk) return
    const home = process.env['PULUMI_HOME'] ?? join(homedir(), '.pulumi')
    const file = join(home, 'av-telemetry-passphrase')
    if (!existsSync(file)) {
      mkdirSync(dirname(file), { recursive: true })
      writeFileSync(file, `${randomBytes(24).toString('base64url')}\n`, { mode: 0o600 })
    }
    process.env['PULUMI_CONFIG_PASSPHRASE_FILE'] = file
    process.stdout.write(
      `The passphrase of the secrets is in ${file}; for pulumi by hand:\n  export PULUMI_CONFIG_PASSPHRASE_FILE=${file}\n`,
    )
  }
}
