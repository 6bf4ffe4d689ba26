import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { UserError } from '../../../infra/checks/user-error.ts'
import { readFolder } from '../../../infra/kubernetes/folder-content.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

describe('readFolder', () => {
  it('returns the files of a folder and its subfolders, with keys that the cluster allows', () => {
    using temporary = new TemporaryFolder()
    const folder = temporary.path
    mkdirSync(join(folder, 'sql'))
    writeFileSync(join(folder, 'sql', 'größe.sql'), 'select 1')
    writeFileSync(join(folder, 'app.toml'), 'a = 1')
    writeFileSync(join(folder, '.hidden'), 'x')
    writeFileSync(join(folder, 'data.bin'), Buffer.from([0xff, 0x00]))
    expect(readFolder(folder)).to.deep.equal([
      { key: 'file-0', path: 'app.toml', isText: true, content: 'a = 1' },
      { key: 'file-1', path: 'data.bin', isText: false, content: '/wA=' },
      { key: 'file-2', path: 'sql/größe.sql', isText: true, content: 'select 1' },
    ])
  })

  it('refuses more than the cluster stores in an object', () => {
    using temporary = new TemporaryFolder()
    const folder = temporary.path
    writeFileSync(join(folder, 'large.sql'), 'x'.repeat(1_000_001))
    expect(() => readFolder(folder)).to.throw(
      UserError,
      /1000001 bytes; the cluster stores at most/,
    )
  })
})
