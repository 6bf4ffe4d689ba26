import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { bundlePrograms, bundleServices } from '../../infra/bundle/bundles.ts'
import { isRoot } from '../../infra/local/folders.ts'
import { root as clone } from '../../scripts/platform/paths.ts'
import { asUnprivilegedUser } from '../support/unprivileged-user.ts'

describe('service bundles', () => {
  it('report an error with a remedy when the clone belongs to another user', async function () {
    if (!isRoot()) this.skip()
    const root = mkdtempSync(join(tmpdir(), 'av-telemetry-bundles-'))
    try {
      const target = join(root, 'bundles')
      const message = await asUnprivilegedUser(() => {
        try {
          bundlePrograms(root, target, {})
          return ''
        } catch (error) {
          return String(error)
        }
      })
      expect(message).to.equal(
        `UserError: The bundles of the services cannot be written to ${target}. Start as the owner of the clone ${root}, or from your own clone.`,
      )
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})

describe('dashboard page bundle', () => {
  it('contains no zod, while the dashboard service does', function () {
    this.timeout(30_000)
    const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-bundles-'))
    // Every zod schema has this property, and bundlers do not rename it.
    const hasZod = (path: string): boolean => readFileSync(path, 'utf8').includes('_zod')
    try {
      bundleServices(clone, folder, { dashboard: 'dashboard' })
      expect(hasZod(join(folder, 'dashboard.mjs'))).to.equal(true)
      const page = join(folder, 'page')
      const scripts = readdirSync(page).filter((name) => name.endsWith('.js'))
      expect(scripts).to.include('main.js')
      expect(scripts.filter((name) => hasZod(join(page, name)))).to.deep.equal([])
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
