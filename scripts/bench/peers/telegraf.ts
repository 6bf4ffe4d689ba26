import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../../../infra/checks/user-error.ts'
import { localKafkaPassword, localPassword } from '../../platform/database.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { peakMegabytes, usageOf } from '../machine.ts'
import { passwordVariables } from './telegraf-config.ts'

/** For users without Telegraf: a part of a sentence. */
export const noTelegraf =
  'telegraf is not on PATH. Install Telegraf (docs.influxdata.com/telegraf/v1/install), or build it with Go from github.com/influxdata/telegraf, and put the program into a folder of PATH'

const program = 'telegraf'

/** @returns name and version of the Telegraf on PATH, e.g. `Telegraf 1.37.0`; undefined if there is none */
export function findTelegraf(): string | undefined {
  const { status, stdout } = spawnSync(program, ['--version'], { encoding: 'utf8' })
  return status === 0 ? versionOf(stdout) : undefined
}

/** Name and version from the output of `telegraf --version`. */
export function versionOf(output: string): string {
  const version = /^Telegraf v?(\d[^\s(]*)/.exec(output)?.[1]
  return version === undefined ? 'Telegraf of unknown version' : `Telegraf ${version}`
}

/** Whether the log of Telegraf says that it has dropped readings. */
export function hasDropped(log: string): boolean {
  return /^\S+ [EW]! .*\bdropp(?:ed|ing)\b/m.test(log)
}

/** The last lines of a log. */
const tail = (log: string): string => log.split('\n').slice(-20).join('\n')

/** A running Telegraf. */
export class Telegraf implements AsyncDisposable {
  readonly #child: ChildProcess
  readonly #ended: Promise<unknown>
  #log = ''

  /** @param config its configuration file (TOML) */
  constructor({ folders }: Pick<BenchPlatform, 'folders'>, config: string) {
    const file = join(folders.settings, 'telegraf.conf')
    writeFileSync(file, config, { mode: 0o600 })
    const passwords = { postgres: localPassword(folders), kafka: localKafkaPassword(folders) }
    const env = { ...process.env, ...passwordVariables(passwords) }
    const child = spawn(program, ['--config', file], { env, stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (text: string) => (this.#log += text))
    this.#child = child
    this.#ended = once(child, 'close').catch(() => undefined)
  }

  get pid(): number {
    return this.#child.pid ?? 0
  }

  /** CPU seconds so far. */
  get usage(): number {
    return usageOf(this.pid)
  }

  get peakMegabytes(): number {
    return peakMegabytes(this.pid)
  }

  get hasDropped(): boolean {
    return hasDropped(this.#log)
  }

  /** @throws UserError with the end of the log if Telegraf has ended */
  requireRunning(): void {
    const { exitCode, signalCode, pid } = this.#child
    if (pid === undefined || exitCode !== null || signalCode !== null)
      throw this.failure('Telegraf has ended')
  }

  /** @param what the beginning of the message, without a period */
  failure(what: string): UserError {
    return new UserError(`${what}. The end of its log is:\n${tail(this.#log)}`)
  }

  /** Ends Telegraf at once. What it has not written yet is not needed. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.#ended
  }
}
