import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../infra/config.ts'
import type { ProcessIdentity } from '../../infra/local/process-identity.ts'
import { identify } from '../../infra/local/process-identity.ts'
import { writeRunRecord } from '../../infra/local/run-record.ts'
import { root } from '../../scripts/local-access.ts'

/** What a command needs before there are packages. */
const setupFiles = [
  'package.json',
  'package-lock.json',
  'infra/local/folders.ts',
  'infra/local/kafka/pom.xml',
  'infra/local/process-identity.ts',
  'infra/local/run-record.ts',
  'scripts/bootstrap.mjs',
  'scripts/name-supervisor.ts',
  'scripts/setup',
  'services/adapters/kafka/patches',
]

/** A clone whose packages have changed, with an npm that cannot install them. */
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
    writeFileSync(join(this.#programs, 'npm'), '#!/bin/sh\necho asked\nexit 1\n', { mode: 0o755 })
  }

  /** Has the packages from before, as far as the set-up uses them. */
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

  /** What `npm run status` says. */
  status(): { status: number | null; said: string } {
    const env = {
      ...process.env,
      AV_TELEMETRY_HOME: this.#state,
      PATH: [this.#programs, process.env['PATH']].join(delimiter),
    }
    const args = [join(this.#path, 'scripts', 'bootstrap.mjs'), 'status']
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' })
    return { status, said: stderr }
  }

  [Symbol.dispose](): void {
    rmSync(this.#path, { recursive: true })
  }
}

describe('the set-up of the packages', () => {
  const own = identify(process.pid)!
  const asksNpm = {
    status: 1,
    said: 'Installing the npm packages (once) ...\nnpm ci --no-audit --no-fund failed:\nasked\n',
  }

  it('leaves those alone that a platform runs on', () => {
    using clone = new ChangedClone().withPackages().runBy(own)
    expect(clone.status()).to.deep.equal({
      status: 1,
      said: `The packages have changed, and the platform of this clone runs on those from before (process ${own.pid}): stop it by Ctrl-C there, or kill ${own.pid}; then npm start.\n`,
    })
  })

  it('replaces those of a platform that was killed, though its number is given again', () => {
    using clone = new ChangedClone().withPackages().runBy({ ...own, startedAt: 'before' })
    expect(clone.status()).to.deep.equal(asksNpm)
  })

  it('replaces those of a clone in which no platform has run', () => {
    using clone = new ChangedClone().withPackages()
    expect(clone.status()).to.deep.equal(asksNpm)
  })

  it('begins with nothing', () => {
    using clone = new ChangedClone()
    expect(clone.status()).to.deep.equal(asksNpm)
  })
})
