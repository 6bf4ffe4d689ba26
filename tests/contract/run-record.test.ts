import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import { readRunRecord, writeRunRecord } from '../../infra/local/run-record.ts'

describe('run record', () => {
  const supervisor = { pid: 1, startedAt: '1' }
  const record = { supervisor, config: toConfig({}), fleetSeed: 7, processes: [] }
  let state: string
  beforeEach(() => {
    state = mkdtempSync(join(tmpdir(), 'av-telemetry-run-'))
  })
  afterEach(() => {
    rmSync(state, { recursive: true, force: true })
  })

  it('reads back the record that was written', () => {
    writeRunRecord(state, record)
    expect(readRunRecord(state)).to.deep.equal(record)
    expect(readdirSync(state)).to.deep.equal(['run.json'])
  })

  it('leaves no temporary file when writing fails', () => {
    mkdirSync(join(state, 'run.json'))
    expect(() => {
      writeRunRecord(state, record)
    }).to.throw('EISDIR')
    expect(readdirSync(state)).to.deep.equal(['run.json'])
  })
})
