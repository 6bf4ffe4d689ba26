import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  existsSync,
  openSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { until } from '../support/until.ts'
import { install, mayInstall } from './base-images/apt.ts'
import type { PrintLine } from './base-images/run-program.ts'
import { works } from './base-images/run-program.ts'
import type { EngineSetup } from './engine-setup.ts'
import { defaultEngine, secondEngine } from './engine-setup.ts'
import { removeLeftPlatforms } from './removal.ts'

/** The Docker engine that the tests run on. */
export type Engine = AsyncDisposable & {
  /** Whether the tests have started it. Only then they may stop it. */
  readonly owned: boolean
  /** Stops the engine with all its containers, and starts it again. */
  readonly restart: () => Promise<void>
}

const startSeconds = 60
const stopSeconds = 60

/**
 * Returns the running engine. If none answers, installs Docker if it is missing, and starts an engine
 * for the tests. `AV_TELEMETRY_OWN_ENGINE=true` always starts a second engine and sets `DOCKER_HOST` to
 * its address.
 *
 * @throws an error with a sentence that explains why there is no engine
 */
export async function ensureEngine(printLine: PrintLine): Promise<Engine> {
  const isOwnWanted = process.env['AV_TELEMETRY_OWN_ENGINE'] === 'true'
  if (!isOwnWanted && (await answers())) return existingEngine
  await requireDockerd(printLine, isOwnWanted)
  const engine = new OwnEngine(isOwnWanted ? secondEngine() : defaultEngine, printLine)
  await engine.start()
  printLine(`Started a Docker engine for the tests. Its log is ${engine.logFile}.`)
  await removeLeftPlatforms(printLine)
  return engine
}

const existingEngine: Engine = {
  owned: false,
  restart: () =>
    Promise.reject(new Error('The tests may restart only an engine that they have started.')),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

async function answers(): Promise<boolean> {
  return works('docker', ['info'])
}

async function requireDockerd(printLine: PrintLine, isOwnWanted: boolean): Promise<void> {
  const address = process.env['DOCKER_HOST']
  if (address !== undefined && !isOwnWanted) {
    throw new Error(`DOCKER_HOST is ${address}, but no Docker engine answers there.`)
  }
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('No Docker engine answers, and only root on Linux can start one for the tests.')
  }
  const programs = ['dockerd', 'docker', 'iptables', 'ip']
  const present = await Promise.all(programs.map((name) => works('which', [name])))
  if (present.every(Boolean)) return
  if (!(await mayInstall())) {
    throw new Error('No Docker engine answers, and installing one needs root and apt-get.')
  }
  printLine('Installing docker.io (once) ...')
  try {
    await withoutServices(() => install(['docker.io', 'iproute2', 'iptables']))
  } catch (error) {
    const reason = lastLine((error as Error).message)
    throw new Error(`No Docker engine answers, and docker.io cannot be installed: ${reason}`, {
      cause: error,
    })
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

/** Installed packages start their services unless this file forbids it (Debian policy, 9.3.3). */
async function withoutServices(work: () => Promise<void>): Promise<void> {
  const policy = '/usr/sbin/policy-rc.d'
  const isOurs = !existsSync(policy)
  if (isOurs) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 })
  try {
    await work()
  } finally {
    if (isOurs) rmSync(policy)
  }
}

/** An engine that the tests start, and stop when they end. */
class OwnEngine implements Engine {
  readonly owned = true
  readonly logFile: string
  readonly #setup: EngineSetup
  readonly #printLine: PrintLine
  /** Undefined while no engine is expected to run. */
  #dockerd: ChildProcess | undefined
  readonly #endWithUs = () => this.#dockerd?.kill('SIGTERM')

  constructor(setup: EngineSetup, printLine: PrintLine) {
    this.#setup = setup
    this.#printLine = printLine
    this.logFile = join(tmpdir(), 'av-telemetry-dockerd.log')
    rmSync(this.logFile, { force: true })
  }

  async start(): Promise<void> {
    process.once('exit', this.#endWithUs)
    try {
      await this.#setup.prepare?.()
      await this.#run()
    } catch (error) {
      // Throw the reason of the failed start, not an error of the cleanup.
      await this[Symbol.asyncDispose]().catch(() => undefined)
      throw error
    }
  }

  async restart(): Promise<void> {
    await this.#end()
    await this.#run()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.off('exit', this.#endWithUs)
    await this.#end()
    await this.#setup.revert?.()
  }

  async #run(): Promise<void> {
    const logFd = openSync(this.logFile, 'a')
    const dockerd = spawn('dockerd', this.#setup.args, {
      detached: true,
      stdio: ['ignore', logFd, logFd],
    })
    closeSync(logFd)
    this.#dockerd = dockerd
    const isSettled = async () => hasEnded(dockerd) || (await answers())
    await until('the Docker engine answers', isSettled, startSeconds).catch(() => undefined)
    if (hasEnded(dockerd) || !(await answers())) {
      const reason = lastLine(readFileSync(this.logFile, 'utf8'))
      throw new Error(`The Docker engine does not start: ${reason}`)
    }
    dockerd.once('exit', (code, signal) => {
      if (this.#dockerd !== dockerd) return
      this.#printLine(
        `The Docker engine of the tests has ended although nothing here has stopped it (exit code ${code}, signal ${signal}). Its log is ${this.logFile}.`,
      )
    })
  }

  /** Also waits for containerd and its shims, which end after dockerd. */
  async #end(): Promise<void> {
    const dockerd = this.#dockerd
    this.#dockerd = undefined
    if (dockerd === undefined || hasEnded(dockerd)) return
    dockerd.kill('SIGTERM')
    await once(dockerd, 'exit')
    const what = 'the processes of the Docker engine have ended'
    await until(what, () => !this.#hasProcesses(), stopSeconds)
  }

  #hasProcesses(): boolean {
    const mark = join(this.#setup.execRoot, 'containerd')
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name))
      .some((pid) => commandLineOf(pid).includes(mark))
  }
}

function hasEnded({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function commandLineOf(pid: string): string {
  try {
    return readFileSync(join('/proc', pid, 'cmdline'), 'utf8')
  } catch {
    return ''
  }
}
