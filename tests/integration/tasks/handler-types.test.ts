import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../../scripts/platform/paths.ts'
import { fencedCode } from '../../support/documents.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'

const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')

/** What the compiler says about a folder; empty if all types are right. */
function check(folder: string): string {
  try {
    return execFileSync(process.execPath, [tsc, '-p', folder], { encoding: 'utf8' })
  } catch (error) {
    return (error as { stdout: string }).stdout
  }
}

describe('types for handlers', function () {
  this.timeout(120_000)

  for (const example of ['q-etl', 'castiron-text']) {
    it(`check the handlers of the example ${example}`, () => {
      expect(check(join(root, 'docs/examples', example))).to.equal('')
    })
  }

  it('check the handler of the document in a folder outside of the clone, and find a wrong type', () => {
    using folder = new TemporaryFolder()
    const [source = '', settings = ''] = fencedCode('docs/handlers.md', ['ts', 'json'])
    writeFileSync(
      join(folder.path, 'tsconfig.json'),
      settings.replace('/path/to/av-telemetry', root),
    )
    mkdirSync(join(folder.path, 'handlers'))
    const file = join(folder.path, 'handlers', 'vehicle-count.ts')
    writeFileSync(file, source)
    expect(check(folder.path)).to.equal('')
    writeFileSync(file, source.replace(`table: 'vehicle_count'`, `table: day.length`))
    expect(check(folder.path)).to.match(/vehicle-count\.ts\(\d+,\d+\): error TS2322: .*number/)
  })
})
