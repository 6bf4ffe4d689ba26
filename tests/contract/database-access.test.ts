import { rmSync } from 'node:fs'
import { expect } from 'chai'
import { toConfig } from '../../infra/config/config.ts'
import { foldersOf, isRoot, makeFolders } from '../../infra/local/folders.ts'
import { makeSecrets, secretFile } from '../../infra/local/secrets.ts'
import { localPassword } from '../../scripts/platform/database.ts'
import { asUnprivilegedUser } from '../support/unprivileged-user.ts'
import { createStateFolder } from '../support/servers.ts'

describe('local database password', () => {
  it('can be read only by the user who started the platform; another user gets an error', async function () {
    if (!isRoot()) this.skip()
    const state = createStateFolder()
    try {
      const folders = foldersOf(state, state)
      makeFolders(folders)
      makeSecrets(folders, toConfig({}))
      expect(localPassword(folders)).to.match(/^[\w-]{32}$/)
      const message = await asUnprivilegedUser(() => {
        try {
          return localPassword(folders)
        } catch (error) {
          return String(error)
        }
      })
      const file = secretFile(folders, 'owner')
      expect(message).to.equal(
        `UserError: Only user 0, who started the platform, can read this password of the platform (${file}). Run this command as that user.`,
      )
    } finally {
      rmSync(state, { recursive: true })
    }
  })
})
