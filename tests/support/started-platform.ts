import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { toConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { foldersOf } from '../../infra/local/folders.ts'
import { readRunRecord } from '../../infra/local/run-record.ts'
import { ownerClient, root } from '../../scripts/platform/local-access.ts'
import { isolatedSettings, createStateFolder } from './servers.ts'
import { until } from './until.ts'

/** A command of the menu, run as a person runs it. */
export class RunningCommand {
  readonly child: ChildProcess
  /** Of both its streams. */
  output = ''
  stdout = ''

  /** @param more over the environment of the tests */
  constructor(args: readonly string[], home: string, more: Readonly<Record<string, string>> = {}) {
    const env = { ...process.env, AV_TELEMETRY_HOME: home, NO_COLOR: '1', ...more }
    // A group of its own stands for the terminal's foreground group.
    this.child = spawn('npm', ['run', '--silent', ...args], { cwd: root, env, detached: true })
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    }
    this.child.stdout?.on('data', (text: string) => (this.stdout += text))
  }

  get exitCode(): number | null {
    return this.child.exitCode
  }

  /** What Ctrl-C does: the signal goes to npm and to all it has started in the foreground. */
  pressCtrlC(): void {
    process.kill(-(this.child.pid ?? 0), 'SIGINT')
  }

  /** What a supervisor does: the signal goes to npm alone. */
  terminate(): void {
    this.child.kill('SIGTERM')
  }

  /** Resolves when the command has said it; rejects when it ends without. */
  async waitForOutput(text: string | RegExp, seconds = 60): Promise<void> {
    const isSaid = (): boolean =>
      typeof text === 'string' ? this.output.includes(text) : text.test(this.output)
    await until(
      () => `"${String(text)}" is said, but:\n${this.output}`,
      () => isSaid() || this.exitCode !== null,
      seconds,
    )
    if (!isSaid()) throw new Error(`ended without saying "${String(text)}":\n${this.output}`)
  }

  /** Ends it where it still runs. */
  async stop(): Promise<void> {
    if (this.exitCode !== null || this.child.signalCode !== null) return
    this.pressCtrlC()
    await this.waitForExit(60)
  }

  /** Its exit code; rejects with what it has said when it does not end in time. */
  async waitForExit(seconds = 720): Promise<number | null> {
    const hasEnded = (): boolean => this.exitCode !== null || this.child.signalCode !== null
    await until(() => `it has ended, but:\n${this.output}`, hasEnded, seconds)
    return this.exitCode
  }
}

/** A platform on Docker that happens to run is none of what these tests are about. */
const noEngine = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }

/** A home for platforms that `npm start` starts, on ports and in a folder of its own. */
export class PlatformHome implements AsyncDisposable {
  readonly settings: readonly string[]
  readonly config: PlatformConfig
  readonly folders: Folders
  readonly #commands: RunningCommand[] = []

  private constructor(settings: readonly string[]) {
    this.settings = settings
    this.config = toConfig({}, settings)
    this.folders = foldersOf(root, createStateFolder())
  }

  static async create(more: readonly string[] = []): Promise<PlatformHome> {
    return new PlatformHome([...(await isolatedSettings()), ...more])
  }

  command(...args: readonly string[]): RunningCommand {
    const command = new RunningCommand(args, this.folders.state, noEngine)
    this.#commands.push(command)
    return command
  }

  /** `npm start` with this home's settings. */
  start(...args: readonly string[]): RunningCommand {
    return this.command(
      'start',
      '--',
      ...this.settings.flatMap((setting) => ['--set', setting]),
      ...args,
    )
  }

  #recordOf(name: string) {
    const processes = readRunRecord(this.folders.state)?.processes ?? []
    return processes.find((process) => process.name === name)
  }

  isRunning(name: string): boolean {
    return this.#recordOf(name) !== undefined
  }

  kill(name: string): void {
    process.kill(this.#recordOf(name)?.pid ?? 0, 'SIGKILL')
  }

  async sql<Row>(text: string): Promise<Row[]> {
    const client = ownerClient(this.config, this.folders)
    await client.connect()
    try {
      return (await client.query(text)).rows as Row[]
    } finally {
      await client.end()
    }
  }

  async countRows(): Promise<number> {
    const [row] = await this.sql<{ count: number }>('select count(*)::int as count from diag')
    return row?.count ?? 0
  }

  /** Deletes one row past the platform's back; false while there is none. */
  async loseRow(): Promise<boolean> {
    const lost = await this.sql(
      `delete from diag where (vin, recorded_at, sequence) =
         (select vin, recorded_at, sequence from diag limit 1) returning vin`,
    )
    return lost.length === 1
  }

  /** Processes of this machine that name this home on their command line. */
  processes(): string[] {
    const { state, bundles } = this.folders
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .flatMap((pid) => {
        try {
          const line = readFileSync(join('/proc', pid, 'cmdline'), 'utf8').replaceAll('\0', ' ')
          return line.includes(state) || line.includes(bundles) ? [`${pid} ${line}`] : []
        } catch {
          return []
        }
      })
  }

  /** Ends what a test that failed has left running. */
  async endCommands(): Promise<void> {
    for (const command of this.#commands.splice(0)) await command.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.endCommands()
    rmSync(this.folders.state, { recursive: true, force: true })
    rmSync(this.folders.bundles, { recursive: true, force: true })
  }
}
