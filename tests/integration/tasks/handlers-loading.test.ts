import { mkdirSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { handlerFile, TestHandlers } from '../../support/handler-pool.ts'

const value = (name: string, text: string): string =>
  handlerFile(name, `return [{ table: '${text}', data: [] }]`)

describe('files of handlers', function () {
  this.timeout(120_000)
  let tested: TestHandlers

  beforeEach(async () => {
    tested = await TestHandlers.start(
      { 'a.ts': value('a', 'one'), 'b.mjs': value('b', 'one') },
      { reservedNames: ['vehicle_hour'] },
    )
  })
  afterEach(() => tested[Symbol.asyncDispose]())

  const table = async (method: string) =>
    ((await tested.parts(method)) as { table: string }[])[0]?.table
  const fault = async (name: string, content: string) => {
    tested.write(name, content)
    await tested.handlers.refresh()
    return tested.handlers.faults.get(tested.path(name))?.replace(tested.path('/'), '')
  }

  it('register their handlers', async () => {
    expect(tested.handlers.names).to.deep.equal(['a', 'b', 'store_rows'])
    expect([await table('a'), await table('b')]).to.deep.equal(['one', 'one'])
    expect(tested.handlers.faults.size).to.equal(0)
  })

  it('are loaded again when they, or what they import, change', async () => {
    mkdirSync(tested.path('lib'))
    tested.write('lib/text.ts', `export const text: string = 'two'`)
    tested.write(
      'a.ts',
      `import { text } from './lib/text.ts'
       import sql from './lib/a.sql'
       import { handler, z } from 'av-telemetry'
       export const a = handler({ name: 'a', params: z.unknown(), run: () => [{ table: text + sql, data: [] }] })`,
    )
    tested.write('lib/a.sql', ' SELECT 1')
    await tested.handlers.refresh()
    expect(await table('a')).to.equal('two SELECT 1')
    tested.write('lib/text.ts', `export const text: string = 'three'`)
    tested.write('lib/a.sql', '')
    await tested.handlers.refresh()
    expect(await table('a')).to.equal('three')
  })

  it('are used for new calls after a change, while a running call ends with the version before', async () => {
    const wait = (text: string): string =>
      handlerFile(
        'wait',
        `await new Promise((resolve) => setTimeout(resolve, params.ms ?? 0))
         return [{ table: '${text}', data: [] }]`,
      )
    tested.write('w.ts', wait('old'))
    await tested.handlers.refresh()
    const running = tested.parts('wait', { ms: 1_500 })
    // It has begun when a short one, behind which it was sent, has ended.
    await tested.parts('wait')
    tested.write('w.ts', wait('new'))
    await tested.handlers.refresh()
    expect(await table('wait')).to.equal('new')
    expect(((await running) as { table: string }[])[0]?.table).to.equal('old')
  })

  it('are not loaded again when only their time changes', async () => {
    const [before] = tested.handlers.pids
    utimesSync(tested.path('a.ts'), new Date(), new Date())
    await tested.handlers.refresh()
    expect(tested.handlers.pids).to.deep.equal([before])
  })

  it('leave the version before in effect if they have a fault', async () => {
    expect(await fault('a.ts', 'export const a = handler({')).to.match(
      /^a\.ts:1:27: Expected .+ end of file\.$/,
    )
    expect(await table('a')).to.equal('one')
    expect(await fault('a.ts', value('a', 'two'))).to.equal(undefined)
    expect(await table('a')).to.equal('two')
  })

  it('name file, line and column of a syntax error and of a missing import', async () => {
    expect(await fault('c.ts', '\nconst a = ;\n')).to.equal('c.ts:2:11: Unexpected ";".')
    expect(await fault('c.ts', `\nimport './none.ts'`)).to.equal(
      'c.ts:2:8: Could not resolve "./none.ts".',
    )
  })

  it('name the line at which their import throws', async () => {
    expect(await fault('c.ts', '\ntype A = string\nthrow new Error("no")')).to.equal(
      'c.ts:3: the import of the file has failed: no.',
    )
    expect(
      await fault('c.ts', `import { handler } from 'av-telemetry'\n\nexport const c = handler({})`),
    ).to.match(/^c\.ts:3: the import of the file has failed: handler: name is undefined; it must /)
  })

  it('must export a handler', async () => {
    expect(await fault('c.ts', 'export const a = 1')).to.equal(
      'c.ts:1: the file exports no handler. Write: export const NAME = handler({ name, params, run }). Put files that handlers import into a folder below.',
    )
  })

  it('must not use a name of another file or of the worker', async () => {
    expect(await fault('c.ts', value('a', 'c'))).to.equal(
      `c.ts:2: the name "a" is used already (${tested.path('a.ts')}:2); choose another one.`,
    )
    expect(await table('a')).to.equal('one')
    for (const name of ['store_rows', 'vehicle_hour'])
      expect(await fault('c.ts', value(name, 'c'))).to.equal(
        `c.ts:2: the name "${name}" is used already (a part of the worker); choose another one.`,
      )
    rmSync(tested.path('a.ts'))
    expect(await fault('c.ts', value('a', 'c'))).to.equal(undefined)
    expect(await table('a')).to.equal('c')
  })

  it('are refused one by one: an import that ends the process does not affect other files', async () => {
    tested.write('d.ts', value('d', 'd'))
    expect(await fault('c.ts', 'process.exit(3)')).to.equal(
      'c.ts: the import of the file has failed: The process of the handler ended with the exit code 3 during the import.',
    )
    expect(tested.handlers.names).to.deep.equal(['a', 'b', 'd', 'store_rows'])
  })

  it('leave no handler when they are removed', async () => {
    rmSync(tested.path('a.ts'))
    await tested.handlers.refresh()
    expect((await tested.fault('a')).code).to.equal('unknown-method')
  })

  it('are read again before a task fails because its handler is unknown', async () => {
    tested.write('c.ts', value('c', 'one'))
    expect(await Promise.all([table('c'), table('c')])).to.deep.equal(['one', 'one'])
    // Added after the files have begun to be read.
    const refreshed = tested.handlers.refresh()
    tested.write('d.ts', value('d', 'one'))
    expect(await table('d')).to.equal('one')
    await refreshed
    expect((await tested.fault('e')).code).to.equal('unknown-method')
  })

  it('are bundled into a folder that is removed at the end', async () => {
    const names = () => readdirSync(tested.folder.path).filter((name) => name.startsWith('av-'))
    expect(names()).to.have.length(1)
    const leftover = join(tested.folder.path, 'av-telemetry-handlers-4194303-abc')
    mkdirSync(leftover)
    const other = await TestHandlers.start({}, { temporaryFolder: tested.folder.path })
    expect(names()).to.have.length(2)
    await other[Symbol.asyncDispose]()
    await tested.handlers[Symbol.asyncDispose]()
    expect(names()).to.deep.equal([])
  })

  it('report a fault once in the log of the worker', async () => {
    await fault('c.ts', 'export const a = 1')
    tested.write('d.ts', value('d', 'd'))
    await tested.handlers.refresh()
    const refused = tested.log.lines.filter(({ event }) => event === 'handlers-refused')
    expect(refused).to.have.length(1)
  })
})
