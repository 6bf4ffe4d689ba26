import { spawn, spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import { writeRunRecord } from '../../infra/local/run-record.ts'
import { root } from '../../scripts/platform/paths.ts'
import type { ProcessIdentity } from '../../services/runtime/process/process-identity.ts'
import { identify } from '../../services/runtime/process/process-identity.ts'

/** Files that a command needs before the packages are installed. */
const setupFiles = [
  'package.json',
  'package-lock.json',
  'infra/bundle/kept-build.mjs',
  'infra/local/folders.ts',
  'infra/local/kafka/pom.xml',
  'infra/local/run-record.ts',
  'infra/checks/user-error.ts',
  'scripts/bootstrap.mjs',
  'scripts/commands',
  'scripts/platform/print-supervisor.ts',
  'scripts/setup',
  'scripts/cli/user-paths.ts',
  'services/adapters/kafka/patches',
  'services/runtime/process',
]

/** A clone with changed packages and a fake npm that always fails. */
class ChangedClone implements Disposable {
  readonly #path = mkdtempSync(join(tmpdir(), 'av-telemetry-setup-'))
  readonly #state = join(this.#path, 'state')
  readonly #programs = join(this.#path, 'programs')

  constructor() {
    for (const file of setupFiles) {
      mkdirSync(join(this.#path, dirname(file)), { recursive: true })
      cpSync(join(root, file), join(this.#path, file), { recursive: true })
    }
    mkdirSync(this.#state)
    mkdirSync(this.#programs)
    writeFileSync(join(this.#programs, 'npm'), '#!/bin/sh\necho fake npm\nexit 1\n', {
      mode: 0o755,
    })
  }

  /** Adds the old packages that the set-up uses. */
  withPackages(): this {
    mkdirSync(join(this.#path, 'node_modules'))
    symlinkSync(join(root, 'node_modules', 'tsx'), join(this.#path, 'node_modules', 'tsx'))
    return this
  }

  runBy(supervisor: ProcessIdentity): this {
    const record = { supervisor, config: toConfig({}), fleetSeed: 7, processes: [] }
    writeRunRecord(this.#state, record)
    return this
  }

  /** The lock folder of a running set-up. */
  get lock(): string {
    return join(this.#path, '.setup-lock')
  }

  /** Adds a lock, either stale or held by a running set-up. */
  lockedBy(holder: string, changedAt = new Date()): this {
    mkdirSync(this.lock)
    writeFileSync(join(this.lock, 'pid'), holder)
    utimesSync(this.lock, changedAt, changedAt)
    return this
  }

  /**
   * Runs `npm run status` and returns its exit code and error output.
   *
   * @param home the state folder; a relative path starts at the folder of the command
   */
  status(home = this.#state): { status: number | null; errorOutput: string } {
    const [file, args, env] = this.#command(home)
    // Shorter than the test timeout, so that an endless wait gives a clear failure.
    const options = { env, encoding: 'utf8', timeout: 8_000 } as const
    const { status, stderr } = spawnSync(file, args, options)
    return { status, errorOutput: stderr }
  }

  /** Starts the same command and passes its error output to `onErrorOutput` as it arrives. */
  startStatus(onErrorOutput: (text: string) => void): Promise<number | null> {
    const [file, args, env] = this.#command(this.#state)
    const child = spawn(file, args, { env, stdio: ['ignore', 'ignore', 'pipe'], timeout: 8_000 })
    child.stderr.setEncoding('utf8').on('data', onErrorOutput)
    return new Promise((resolve) => child.once('close', resolve))
  }

  #command(home: string): [file: string, args: string[], env: NodeJS.ProcessEnv] {
    const env = {
      ...process.env,
      INIT_CWD: this.#programs,
      AV_TELEMETRY_HOME: home,
      PATH: [this.#programs, process.env['PATH']].join(delimiter),
    }
    return [process.execPath, [join(this.#path, 'scripts', 'bootstrap.mjs'), 'status'], env]
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, { recursive: true })
  }
}

describe('package set-up', () => {
  const own = identify(process.pid)!
  const failedInstallation = {
    status: 1,
    errorOutput:
      'Installing the npm packages (once) ...\nnpm ci --no-audit --no-fund failed:\nfake npm\n',
  }

  it('does not replace packages that a running platform uses', () => {
    using clone = new ChangedClone().withPackages().runBy(own)
    expect(clone.status()).to.deep.equal({
      status: 1,
      errorOutput: `The npm packages have changed, but the platform of this clone still uses the old ones (process ${own.pid}). Stop it with Ctrl-C or kill ${own.pid}, then run npm start.\n`,
    })
  })

  it('finds the running platform when AV_TELEMETRY_HOME is a relative path', () => {
    using clone = new ChangedClone().withPackages().runBy(own)
    expect(clone.status('../state').errorOutput).to.match(
      /^The npm packages have changed, but the platform/,
    )
  })

  it('replaces the packages of a killed platform, even when its process id is reused', () => {
    using clone = new ChangedClone().withPackages().runBy({ ...own, startedAt: 'before' })
    expect(clone.status()).to.deep.equal(failedInstallation)
  })

  it('replaces the packages of a clone in which no platform has run', () => {
    using clone = new ChangedClone().withPackages()
    expect(clone.status()).to.deep.equal(failedInstallation)
  })

  it('starts the installation when there are no packages', () => {
    using clone = new ChangedClone()
    expect(clone.status()).to.deep.equal(failedInstallation)
  })

  const waitsFor = (lock: string, kind = 'folder'): string =>
    `Waiting for another command that is setting up. If no other command is running, remove the ${kind} ${lock}.\n`

  it('waits for a running set-up and names its lock folder', async () => {
    using clone = new ChangedClone().lockedBy(`${own.pid} ${own.startedAt}`)
    let errorOutput = ''
    const status = await clone.startStatus((text) => {
      errorOutput += text
      if (errorOutput === waitsFor(clone.lock)) rmSync(clone.lock, { recursive: true })
    })
    expect({ status, errorOutput }).to.deep.equal({
      ...failedInstallation,
      errorOutput: waitsFor(clone.lock) + failedInstallation.errorOutput,
    })
  })

  it('waits for a running set-up and names its lock link', async () => {
    using clone = new ChangedClone()
    symlinkSync(`${own.pid} ${own.startedAt}`, clone.lock)
    let errorOutput = ''
    const status = await clone.startStatus((text) => {
      errorOutput += text
      if (errorOutput === waitsFor(clone.lock, 'link')) rmSync(clone.lock)
    })
    expect({ status, errorOutput }).to.deep.equal({
      ...failedInstallation,
      errorOutput: waitsFor(clone.lock, 'link') + failedInstallation.errorOutput,
    })
  })

  it('waits briefly for a lock that has no process id yet', async () => {
    using clone = new ChangedClone().lockedBy('')
    // The lock looks new until the command has seen it.
    const renewal = setInterval(() => utimesSync(clone.lock, new Date(), new Date()), 50)
    let errorOutput = ''
    const status = await clone.startStatus((text) => {
      errorOutput += text
      clearInterval(renewal)
    })
    clearInterval(renewal)
    expect({ status, errorOutput }).to.deep.equal({
      ...failedInstallation,
      errorOutput: waitsFor(clone.lock) + failedInstallation.errorOutput,
    })
  })

  for (const [about, holder] of [
    ['if its process id is reused', `${own.pid} before`],
    ['if its start time is unknown', String(own.pid)],
    ['if its lock has the process id 0', '0'],
    ['if its lock has no process id', ''],
  ] as const) {
    it(`does not wait for a killed set-up ${about}`, () => {
      using clone = new ChangedClone().lockedBy(holder, new Date(0))
      expect(clone.status()).to.deep.equal(failedInstallation)
    })
  }
})
