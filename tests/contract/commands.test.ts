import { mkdirSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import type { Machine } from '../../infra/local/commands.ts'
import { toCommand } from '../../infra/local/commands.ts'
import { foldersOf } from '../../infra/local/folders.ts'
import { localPlacement } from '../../infra/local/placement.ts'
import { makeSecrets, readSecret } from '../../infra/local/secrets.ts'
import { servicesOf, topologyOf } from '../../infra/topology/topology.ts'

describe('Java servers in a folder with non-ASCII characters', () => {
  let parent: string
  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'av-telemetry-commands-'))
  })
  afterEach(() => {
    rmSync(parent, { recursive: true })
  })

  function commandOf(name: string) {
    const config = toConfig({})
    const folders = foldersOf('/clone', join(parent, 'Zustände hier'))
    for (const folder of [folders.settings, folders.secrets]) mkdirSync(folder, { recursive: true })
    makeSecrets(folders, config)
    const plans = servicesOf(topologyOf(config, localPlacement(config, folders), 1))
    const plan = plans.find((candidate) => candidate.name === name)!
    const postgres = { programs: '', data: '', user: undefined }
    const machine: Machine = { folders, java: 'java', postgres }
    return { ...toCommand(plan, machine), folders }
  }

  for (const name of ['zookeeper-0', 'kafka-0']) {
    it(`${name} gets a UTF-8 locale and an escaped path`, () => {
      const { args, env, folders } = commandOf(name)
      expect(env['LC_ALL']).to.equal('C.UTF-8')
      const settings = args.at(-1) ?? ''
      expect(settings).to.equal(join(folders.settings, `${name}.properties`))
      expect(readFileSync(settings, 'latin1')).to.include(String.raw`/Zust\u00e4nde hier/data/`)
    })

    it(`${name} reads its passwords from a file that only its user can read`, () => {
      const { args, folders } = commandOf(name)
      const jaas = join(folders.settings, `${name}.jaas`)
      expect(args).to.include(`-Djava.security.auth.login.config=${jaas}`)
      expect(statSync(jaas).mode & 0o777).to.equal(0o600)
      const password = readSecret(folders, 'zookeeper')
      expect(readFileSync(jaas, 'utf8')).to.include(`="${password}"`)
      for (const secret of ['kafka', 'zookeeper'] as const)
        expect(args.join(' ')).to.not.include(readSecret(folders, secret))
    })
  }
})
