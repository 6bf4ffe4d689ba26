import { FolderStore } from '../../../services/adapters/objects/folder-store.ts'
import { expectBrowsed } from '../../support/browsed-store.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

describe('A bucket that is a folder', () => {
  it('browses files by their suffix, and subfolders', async () => {
    using folder = new TemporaryFolder()
    await expectBrowsed(new FolderStore(folder.path))
  })
})
