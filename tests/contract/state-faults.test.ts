import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import { foldersOf } from '../../infra/local/folders.ts'
import { stateFaults } from '../../infra/local/state-faults.ts'

describe('checks before a start', () => {
  let root: string
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'av-telemetry-faults-'))
  })
  afterEach(() => {
    rmSync(root, { recursive: true })
  })

  const faultsOf = (tree: object, startsEmpty = true) =>
    stateFaults(toConfig(tree), foldersOf(root, root), { startsEmpty })

  it('report nothing when the configuration and its files are valid', () => {
    writeFileSync(join(root, 'token'), 'secret\n')
    const tokenFile = 'token'
    expect(faultsOf({ ingress: { tokenFile }, dashboard: { tokenFile } })).to.deep.equal([])
  })

  it('report a token file that contains only whitespace', () => {
    const file = join(root, 'token')
    for (const blanks of ['', '\n', '\n'.repeat(2_000)]) {
      writeFileSync(file, blanks)
      expect(faultsOf({ ingress: { tokenFile: 'token' } })).to.deep.equal([
        `ingress.tokenFile: ${file} is empty; expected a file with the bearer token.`,
      ])
    }
  })

  it('report an unreadable token file of ingress and dashboard', () => {
    const tokenFile = 'noAddressFile'
    const file = join(root, tokenFile)
    const why = `${file} cannot be read (ENOENT: no such file or directory, open '${file}')`
    expect(faultsOf({ ingress: { tokenFile }, dashboard: { tokenFile } })).to.deep.equal(
      ['ingress', 'dashboard'].map(
        (key) => `${key}.tokenFile: ${why}; expected a file with the bearer token.`,
      ),
    )
  })

  it('report existing data of more brokers than configured, unless --fresh is given', () => {
    for (const instance of [0, 1]) {
      mkdirSync(join(root, 'data', `kafka-${instance}`), { recursive: true })
    }
    expect(faultsOf({}, false)).to.deep.equal([
      'The state has data of 2 kafka servers, but kafka.instances is 1. Set it to 2, or start empty with --fresh.',
    ])
    expect(faultsOf({})).to.deep.equal([])
  })
})
