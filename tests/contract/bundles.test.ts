import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { bundlePrograms } from '../../infra/bundles.ts'
import { isRoot } from '../../infra/local/folders.ts'
import { asNobody } from '../support/nobody.ts'

describe('the programs of the services', () => {
  it('are not put into the clone of another user, who is told so', async function () {
    if (!isRoot()) this.skip()
    const root = mkdtempSync(join(tmpdir(), 'av-telemetry-bundles-'))
    try {
      const target = join(root, 'bundles')
      const said = await asNobody(() => {
        try {
          bundlePrograms(root, target, {})
          return ''
        } catch (error) {
          return String(error)
        }
      })
      expect(said).to.equal(
        `MachineError: The programs of the services cannot be put into ${target}: start as the user whose clone ${root} is, or from a clone of your own.`,
      )
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})
