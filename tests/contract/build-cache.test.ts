import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { buildInto } from '../../infra/bundle/build-cache.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

const kept = join('node_modules', '.cache', 'av-telemetry')

describe('buildInto', () => {
  let folder: TemporaryFolder
  let root: string
  let builds: number

  beforeEach(() => {
    folder = new TemporaryFolder()
    root = folder.path
    builds = 0
    write('package.json', '{}')
    write('package-lock.json', '{}')
    write('tsconfig.json', '{}')
    write('imported.ts', 'export const text = "first"')
    write('main.ts', 'import { text } from "./imported.ts"; console.log(text)')
  })

  afterEach(() => {
    folder[Symbol.dispose]()
  })

  /** The change is a second old, because an input that changes during a build is not trusted. */
  function write(name: string, text: string): void {
    const path = join(root, name)
    writeFileSync(path, text)
    const before = Date.now() / 1_000 - 1
    utimesSync(path, before, before)
  }

  /** Builds into a new folder. @returns the bundle */
  function build(minify = false): string {
    builds += 1
    const target = join(root, `target-${builds}`)
    mkdirSync(target)
    buildInto(root, target, {
      ...{ absWorkingDir: root, entryPoints: ['main.ts'], bundle: true, minify },
      ...{ format: 'esm', logLevel: 'silent' },
    })
    return readFileSync(join(target, 'main.js'), 'utf8')
  }

  const keptFolders = (): string[] =>
    readdirSync(join(root, kept)).filter((name) => !name.endsWith('.json'))

  /** Changes the kept bundle, to see in a target whether it was copied. */
  function markKeptBundle(): void {
    for (const name of keptFolders()) {
      const file = join(root, kept, name, 'main.js')
      writeFileSync(file, 'copied'.padEnd(statSync(file).size))
    }
  }

  it('copies the files of the last build if no input has changed', () => {
    expect(build()).to.contain('first')
    markKeptBundle()
    expect(build().trim()).to.equal('copied')
  })

  for (const name of ['imported.ts', 'package.json', 'package-lock.json', 'tsconfig.json']) {
    it(`builds again after a change of ${name}, and keeps only the new files`, () => {
      build()
      markKeptBundle()
      write(name, name.endsWith('.ts') ? 'export const text = "second"' : '{ }')
      expect(build()).to.contain(name.endsWith('.ts') ? 'second' : 'first')
      expect(keptFolders()).to.have.length(1)
    })
  }

  it('builds again with other options', () => {
    build()
    markKeptBundle()
    expect(build(true)).to.contain('first')
    expect(keptFolders()).to.have.length(2)
  })

  it('does not keep a build if an input may have changed meanwhile', () => {
    const soon = Date.now() / 1_000 + 60
    utimesSync(join(root, 'imported.ts'), soon, soon)
    expect(build()).to.contain('first')
    expect(keptFolders()).to.deep.equal([])
  })

  it('builds again if the kept files are missing or their record is damaged', () => {
    build()
    for (const name of keptFolders()) rmSync(join(root, kept, name), { recursive: true })
    expect(build()).to.contain('first')
    markKeptBundle()
    for (const name of readdirSync(join(root, kept)).filter((name) => name.endsWith('.json')))
      writeFileSync(join(root, kept, name), '{"folder":')
    expect(build()).to.contain('first')
  })

  it('builds again if a kept file was cut off', () => {
    build()
    for (const name of keptFolders()) writeFileSync(join(root, kept, name, 'main.js'), '')
    expect(build()).to.contain('first')
  })

  it('keeps a new build even if the earlier one cannot be removed', () => {
    build()
    const [earlier = ''] = keptFolders()
    // A mount point cannot be removed; here the record names a folder that is none.
    const record = join(
      root,
      kept,
      readdirSync(join(root, kept)).find((name) => name.endsWith('.json')) ?? '',
    )
    const text = readFileSync(record, 'utf8')
    writeFileSync(record, text.replace(earlier, `${earlier}/main.js/x`))
    write('imported.ts', 'export const text = "second"')
    expect(build()).to.contain('second')
    expect(build()).to.contain('second')
  })

  it('removes the files of builds that did not end after an hour', () => {
    build()
    const [folder = ''] = keptFolders()
    const old = join(root, kept, `${folder.slice(0, -4)}0000`)
    mkdirSync(old)
    utimesSync(old, 1, 1)
    write('imported.ts', 'export const text = "second"')
    build()
    expect(keptFolders()).to.have.length(1)
  })

  it('reports an error in a source, and keeps no files', () => {
    write('imported.ts', 'export const text =')
    expect(() => build()).to.throw('Unexpected end of file')
    expect(keptFolders()).to.deep.equal([])
  })

  it('builds if the files cannot be kept', () => {
    writeFileSync(join(root, 'node_modules'), 'a file where a folder must be')
    expect(build()).to.contain('first')
  })
})
