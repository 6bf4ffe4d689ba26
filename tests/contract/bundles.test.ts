import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { bundlePrograms, bundleServices } from '../../infra/bundle/bundles.ts'
import { isRoot } from '../../infra/local/folders.ts'
import { root as clone } from '../../scripts/platform/paths.ts'
import { asUnprivilegedUser } from '../support/unprivileged-user.ts'

describe('the programs of the services', () => {
  it('are refused in the clone of another user, with a sentence that says what to do', async function () {
    if (!isRoot()) this.skip()
    const root = mkdtempSync(join(tmpdir(), 'av-telemetry-bundles-'))
    try {
      const target = join(root, 'bundles')
      const said = await asUnprivilegedUser(() => {
        try {
          bundlePrograms(root, target, {})
          return ''
        } catch (error) {
          return String(error)
        }
      })
      expect(said).to.equal(
        `UserError: The bundles of the services cannot be written to ${target}. Start as the owner of the clone ${root}, or from your own clone.`,
      )
    } finally {
      rmSync(root, { recursive: true })
    }
  })
})

describe('the page of the dashboard', () => {
  it('has no zod in it, as the service has', function () {
    this.timeout(30_000)
    const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-bundles-'))
    // The property of every schema; no bundler gives it another name.
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
