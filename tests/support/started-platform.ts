import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import type { PlatformConfig } from '../../infra/config/config.ts'
import { toConfig } from '../../infra/config/config.ts'
import type { Folders } from '../../infra/local/folders.ts'
import { foldersOf } from '../../infra/local/folders.ts'
import { readRunRecord } from '../../infra/local/run-record.ts'
import { ownerClient } from '../../scripts/platform/database.ts'
import { root } from '../../scripts/platform/paths.ts'
import { recordCommand } from '../../scripts/test/leftovers.ts'
import { isolatedSettings, createStateFolder } from './servers.ts'
import { until } from './until.ts'

/** The end of the output may arrive so much later than the exit. */
const outputGraceMs = 5_000

/** An `npm run` command, run as a user runs it. */
export class RunningCommand {
  readonly child: ChildProcess
  /** Standard output and standard error together. */
  output = ''
  stdout = ''
  readonly #closed: Promise<unknown>

  /** @param overrides environment variables that replace those of the tests */
  constructor(
    args: readonly string[],
    home: string,
    overrides: Readonly<Record<string, string>> = {},
  ) {
    const env = { ...process.env, AV_TELEMETRY_HOME: home, NO_COLOR: '1', ...overrides }
    // A new process group acts as the terminal's foreground group.
    this.child = spawn('npm', ['run', '--silent', ...args], { cwd: root, env, detached: true })
    if (this.child.pid !== undefined) recordCommand(this.child.pid)
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => (this.output += text))
    }
    this.child.stdout?.on('data', (text: string) => (this.stdout += text))
    this.#closed = new Promise((resolve) => this.child.once('close', resolve))
  }

  get exitCode(): number | null {
    return this.child.exitCode
  }

  /** Sends SIGINT to npm and to everything it started in the foreground, like Ctrl-C. */
  pressCtrlC(): void {
    process.kill(-(this.child.pid ?? 0), 'SIGINT')
  }

  /** Sends SIGTERM only to npm, like a supervisor. */
  terminate(): void {
    this.child.kill('SIGTERM')
  }

  /** Resolves when the command has printed the text. Rejects if it exits without printing it. */
  async waitForOutput(text: string | RegExp, seconds = 180): Promise<void> {
    const isPrinted = (): boolean =>
      typeof text === 'string' ? this.output.includes(text) : text.test(this.output)
    await until(
      () => `"${String(text)}" is printed; the output is:\n${this.output}`,
      () => isPrinted() || this.exitCode !== null,
      seconds,
    )
    if (!isPrinted()) await this.#waitForEndOfOutput()
    if (!isPrinted())
      throw new Error(`The command exited without printing "${String(text)}":\n${this.output}`)
  }

  /** Stops the command with Ctrl-C if it is still running. */
  async stop(): Promise<void> {
    if (this.exitCode !== null || this.child.signalCode !== null) return
    this.pressCtrlC()
    await this.waitForExit(60)
  }

  /** Resolves to the exit code. Rejects with the output if the command does not exit in time. */
  async waitForExit(seconds = 720): Promise<number | null> {
    const hasExited = (): boolean => this.exitCode !== null || this.child.signalCode !== null
    await until(() => `the command exits; the output is:\n${this.output}`, hasExited, seconds)
    await this.#waitForEndOfOutput()
    return this.exitCode
  }

  /** Not for longer than the grace: a process that the command has left may keep the output open. */
  async #waitForEndOfOutput(): Promise<void> {
    await Promise.race([this.#closed, wait(outputGraceMs, undefined, { ref: false })])
  }
}

/** Hides Docker, so that a platform running on Docker does not affect these tests. */
const withoutDocker = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }

/** A state folder with free ports, for platforms that `npm start` starts. */
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
    const command = new RunningCommand(args, this.folders.state, withoutDocker)
    this.#commands.push(command)
    return command
  }

  /** Runs `npm start` with the settings of this home. */
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

  /** Tells a service to stop. The platform starts it again. */
  terminate(name: string): void {
    process.kill(this.#recordOf(name)?.pid ?? 0, 'SIGTERM')
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

  /** Deletes one row directly in the database. Returns false if there is none. */
  async deleteRow(): Promise<boolean> {
    const deleted = await this.sql(
      `delete from diag where (vin, recorded_at, sequence) =
         (select vin, recorded_at, sequence from diag limit 1) returning vin`,
    )
    return deleted.length === 1
  }

  /** Processes on this machine whose command line contains this home. */
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

  /** Stops commands that a failed test has left running. */
  async stopCommands(): Promise<void> {
    for (const command of this.#commands.splice(0)) await command.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stopCommands()
    rmSync(this.folders.state, { recursive: true, force: true })
    rmSync(this.folders.bundles, { recursive: true, force: true })
  }
}
