import {
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { spawnSync } from 'node:child_process'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import { writeEventsAddress } from '../../infra/config/published-address.ts'

describe('the file of the address (ingress.addressFile)', () => {
  let folder: string
  let file: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'av-telemetry-address-'))
    file = join(folder, 'address')
  })
  afterEach(() => {
    rmSync(folder, { recursive: true })
  })

  const write = () => writeEventsAddress(toConfig({ ingress: { addressFile: file } }), 'processes')
  const address = 'http://localhost:5001/events\n'

  it('is created with the address, readable by all users, and nothing else', () => {
    expect(write()).to.equal(undefined)
    expect(readFileSync(file, 'utf8')).to.equal(address)
    expect((statSync(file).mode & 0o777).toString(8)).to.equal('644')
    expect(readdirSync(folder)).to.deep.equal(['address'])
  })

  it('is replaced if it is a file, and the other names of that file keep its content', () => {
    const other = join(folder, 'other')
    writeFileSync(other, 'kept', { mode: 0o600 })
    linkSync(other, file)
    expect(write()).to.equal(undefined)
    expect(readFileSync(file, 'utf8')).to.equal(address)
    expect(readFileSync(other, 'utf8')).to.equal('kept')
  })

  it('is not written through a symbolic link, whose target stays as it is', () => {
    const target = join(folder, 'target')
    writeFileSync(target, 'kept')
    symlinkSync(target, file)
    expect(write()).to.equal(
      `The address could not be written to ${file} (it is a symbolic link, which is not followed).`,
    )
    expect(readFileSync(target, 'utf8')).to.equal('kept')
    expect(lstatSync(file).isSymbolicLink()).to.equal(true)
  })

  it('is not created through a symbolic link whose target does not exist', () => {
    symlinkSync(join(folder, 'target'), file)
    expect(write()).to.match(/symbolic link/)
    expect(readdirSync(folder)).to.deep.equal(['address'])
  })

  it('is not written if it is a folder or a pipe', () => {
    mkdirSync(file)
    expect(write()).to.match(/it is not a regular file/)
    rmSync(file, { recursive: true })
    spawnSync('sh', ['-c', 'mkfifo "$0"', file])
    expect(write()).to.match(/it is not a regular file/)
    expect(readdirSync(folder)).to.deep.equal(['address'])
  })
})
