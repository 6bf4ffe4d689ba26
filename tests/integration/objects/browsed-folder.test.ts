import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { FolderStore } from '../../../services/adapters/objects/folder-store.ts'
import { expectBrowsed } from '../../support/browsed-store.ts'
import { expectKeptOnItself } from '../../support/moved-onto-itself.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { expectUnfinishedRemoved } from '../../support/unfinished-uploads.ts'

describe('A bucket that is a folder', () => {
  it('browses files by their suffix, and subfolders', async () => {
    using folder = new TemporaryFolder()
    await expectBrowsed(new FolderStore(folder.path))
  })

  it('keeps an object that is moved onto itself', async () => {
    using folder = new TemporaryFolder()
    await expectKeptOnItself(new FolderStore(folder.path))
  })

  it('removes what interrupted uploads have left, and only that', async () => {
    using folder = new TemporaryFolder()
    await expectUnfinishedRemoved(new FolderStore(folder.path))
  })

  it('removes what interrupted writes have left, but not a file that is being moved', async () => {
    using folder = new TemporaryFolder()
    const unfinished = join(folder.path, '.unfinished')
    for (const name of ['write-a1b2c3', 'write-d4e5f6', 'moved']) {
      mkdirSync(join(unfinished, name), { recursive: true })
      // A process can end before it has made the file.
      if (name !== 'write-d4e5f6') writeFileSync(join(unfinished, name, 'content'), 'id')
    }
    const store = new FolderStore(folder.path)
    await store.removeUnfinished(new Date(Date.now() - 60_000))
    expect(readdirSync(unfinished)).to.have.length(3)
    await store.removeUnfinished(new Date(Date.now() + 60_000))
    expect(readdirSync(unfinished)).to.deep.equal(['moved'])
  })
})
