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
import type { Say } from './base-images/run-program.ts'
import { works } from './base-images/run-program.ts'
import type { EngineSetup } from './engine-setup.ts'
import { engineBeside, engineOfTheMachine } from './engine-setup.ts'
import { removeLeftPlatforms } from './removal.ts'

/** The Docker engine that the tests run on. */
export type Engine = AsyncDisposable & {
  /** Whether the tests have started it, so that they may stop it too. */
  readonly owned: boolean
  /** Ends the engine with all of its containers, and starts it again. */
  readonly restart: () => Promise<void>
}

const startSeconds = 60
const stopSeconds = 60

/**
 * The engine that answers; where none does, one that is started for the tests, and installed before
 * if it must be. `AV_TELEMETRY_OWN_ENGINE=true` starts one beside the one that answers, and points
 * `DOCKER_HOST` to it.
 *
 * @throws an error of one sentence that says why there is no engine
 */
export async function ensureEngine(say: Say): Promise<Engine> {
  const isOwnWanted = process.env['AV_TELEMETRY_OWN_ENGINE'] === 'true'
  if (!isOwnWanted && (await answers())) return someoneElses
  await requireDockerd(say, isOwnWanted)
  const engine = new OwnEngine(isOwnWanted ? engineBeside() : engineOfTheMachine)
  await engine.start()
  say(`Started a Docker engine for the tests; its log is ${engine.logFile}.`)
  await removeLeftPlatforms(say)
  return engine
}

const someoneElses: Engine = {
  owned: false,
  restart: () =>
    Promise.reject(
      new Error('Only an engine that the tests have started may be restarted by them.'),
    ),
  [Symbol.asyncDispose]: () => Promise.resolve(),
}

async function answers(): Promise<boolean> {
  return works('docker', ['info'])
}

async function requireDockerd(say: Say, isOwnWanted: boolean): Promise<void> {
  const elsewhere = process.env['DOCKER_HOST']
  if (elsewhere !== undefined && !isOwnWanted) {
    throw new Error(`DOCKER_HOST is ${elsewhere}, but no Docker engine answers there.`)
  }
  if (process.platform !== 'linux' || process.getuid?.() !== 0) {
    throw new Error('No Docker engine answers, and only root on Linux can start one for the tests.')
  }
  const programs = ['dockerd', 'docker', 'iptables', 'ip']
  const present = await Promise.all(programs.map((name) => works('which', [name])))
  if (present.every(Boolean)) return
  if (!(await mayInstall())) {
    throw new Error('No Docker engine answers, and without apt-get none can be installed.')
  }
  say('Installing docker.io (once) ...')
  try {
    await withoutServices(() => install(['docker.io', 'iproute2', 'iptables']))
  } catch (error) {
    const reason = lastLine((error as Error).message)
    throw new Error(`No Docker engine answers, and docker.io can't be installed: ${reason}`, {
      cause: error,
    })
  }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? ''
}

/** A package that is installed starts its service, unless this file forbids it (Debian policy, 9.3.3). */
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

/** An engine that lives no longer than the tests. */
class OwnEngine implements Engine {
  readonly owned = true
  readonly logFile: string
  readonly #setup: EngineSetup
  #dockerd: ChildProcess | undefined
  readonly #endWithUs = () => this.#dockerd?.kill('SIGTERM')

  constructor(setup: EngineSetup) {
    this.#setup = setup
    this.logFile = join(tmpdir(), 'av-telemetry-dockerd.log')
    rmSync(this.logFile, { force: true })
  }

  async start(): Promise<void> {
    process.once('exit', this.#endWithUs)
    try {
      await this.#setup.prepare?.()
      await this.#run()
    } catch (error) {
      // Why it did not start says more than what came of that.
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
    await this.#setup.takeBack?.()
  }

  async #run(): Promise<void> {
    const logId = openSync(this.logFile, 'a')
    const dockerd = spawn('dockerd', this.#setup.args, {
      detached: true,
      stdio: ['ignore', logId, logId],
    })
    closeSync(logId)
    this.#dockerd = dockerd
    const look = async () => hasEnded(dockerd) || (await answers())
    await until('the Docker engine answers', look, startSeconds).catch(() => undefined)
    if (hasEnded(dockerd) || !(await answers())) {
      const reason = lastLine(readFileSync(this.logFile, 'utf8'))
      throw new Error(`The Docker engine does not start here: ${reason}`)
    }
  }

  /** The engine ends its containers, then itself; its containerd and their shims end after it. */
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
