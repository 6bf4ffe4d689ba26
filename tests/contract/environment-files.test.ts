import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { EnvironmentReader } from '../../services/runtime/env.ts'

describe('environment variables that name files', () => {
  let folder: string
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'av-telemetry-contract-'))
    writeFileSync(join(folder, 'full'), ' secret \n')
    writeFileSync(join(folder, 'empty'), '\n')
  })
  after(() => {
    rmSync(folder, { recursive: true })
  })

  const reader = () =>
    new EnvironmentReader({
      FULL: join(folder, 'full'),
      EMPTY: join(folder, 'empty'),
      GONE: join(folder, 'gone'),
      UNSET: '',
    })

  it('return the content of the file without surrounding whitespace', () => {
    const env = reader()
    expect(env.finish(env.fileContent('FULL', 'a password'))).to.equal('secret')
    expect(env.finish(env.optionalToken('UNSET'))).to.equal(undefined)
  })

  it('are reported as errors when the file is empty or missing', () => {
    const env = reader()
    env.fileContent('EMPTY', 'a password')
    env.fileContent('GONE', 'a password')
    expect(() => env.finish(undefined)).to.throw(
      /EMPTY names the empty file [^]*; it should be a password\.\n {2}GONE names a file that cannot be read \(ENOENT[^]*\); it should be a password\./,
    )
  })
})
