import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
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
