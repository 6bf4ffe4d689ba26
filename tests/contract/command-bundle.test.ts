import { spawnSync } from 'node:child_process'
import {
  cpSync,
  mkdirSync,
  readdirSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

/** What a command needs before it is loaded. */
const clonedFiles = [
  'infra/bundle/kept-build.mjs',
  'infra/local/kafka/pom.xml',
  'node_modules/.av-telemetry-lock',
  'package-lock.json',
  'package.json',
  'scripts/bootstrap.mjs',
  'scripts/setup',
  'services/adapters/kafka/patches',
  'services/runtime/process',
  'tsconfig.json',
]
const kept = join('node_modules', '.cache', 'av-telemetry')
const command = join('scripts', 'commands', 'status.ts')

describe('bundle of a command', function () {
  this.timeout(20_000)
  let clone: TemporaryFolder

  beforeEach(() => {
    clone = new TemporaryFolder()
    for (const file of clonedFiles) {
      mkdirSync(join(clone.path, dirname(file)), { recursive: true })
      cpSync(join(root, file), join(clone.path, file), { recursive: true })
    }
    for (const name of ['esbuild', 'tsx', '@esbuild'])
      symlinkSync(join(root, 'node_modules', name), join(clone.path, 'node_modules', name))
    mkdirSync(join(clone.path, dirname(command)))
    write(command, runOf(`console.log('first')`))
  })

  afterEach(() => {
    clone[Symbol.dispose]()
  })

  const runOf = (statement: string): string =>
    `export function run(): Promise<number> {\n  ${statement}\n  return Promise.resolve(0)\n}\n`

  /** The change is a second old, because an input that changes during a build is not trusted. */
  function write(file: string, text: string): void {
    const path = join(clone.path, file)
    writeFileSync(path, text)
    const before = Date.now() / 1_000 - 1
    utimesSync(path, before, before)
  }

  function runCommand(): { out: string; errors: string } {
    const program = join(clone.path, 'scripts', 'bootstrap.mjs')
    const { stdout, stderr } = spawnSync(process.execPath, [program, 'status'], {
      encoding: 'utf8',
    })
    return { out: stdout.trim(), errors: stderr }
  }

  const bundles = (): string[] =>
    readdirSync(join(clone.path, kept), { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('.mjs'),
    )

  it('runs again while the sources have not changed, and is made again after a change', () => {
    expect(runCommand().out).to.equal('first')
    const [bundle = ''] = bundles()
    const file = join(clone.path, kept, bundle)
    const changed = runOf(`console.log('bundle')`).replace(': Promise<number>', '')
    // A file of another size would count as cut off.
    writeFileSync(file, changed.padEnd(statSync(file).size))
    expect(runCommand().out).to.equal('bundle')
    write(command, runOf(`console.log('second')`))
    expect(runCommand().out).to.equal('second')
    expect(bundles()).to.have.length(1)
  })

  it('has the locations of the sources, also in the stack of an error', () => {
    const source = join(clone.path, command)
    write(command, runOf('console.log(import.meta.url)'))
    expect(runCommand().out).to.equal(pathToFileURL(source).href)
    write(command, runOf(`throw new Error('broken')`))
    expect(runCommand().errors).to.contain(`${source}:2:9`)
    expect(bundles()).to.have.length(1)
  })

  it('is not needed: the sources run if no bundle can be kept', () => {
    writeFileSync(join(clone.path, 'node_modules', '.cache'), 'a file where a folder must be')
    expect(runCommand()).to.deep.equal({ out: 'first', errors: '' })
  })

  it('is not made of wrong sources, and the error names the file', () => {
    write(command, 'export const run =')
    const { out, errors } = runCommand()
    expect(out).to.equal('')
    expect(errors).to.contain(`${join(clone.path, command)}:1:18: ERROR: Unexpected end of file`)
    expect(bundles()).to.deep.equal([])
  })
})
