import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { until } from '../support/until.ts'

const example = (name: string): string => join(root, 'docs', 'examples', 'castiron', name)
const folders = ['01_inbox', '02_processing', '03_archive', '04_failed', '05_canceled']

/** The table "Step by step" of docs/examples/castiron/README.md. */
describe('the example of files in the form of Cast Iron', function () {
  this.timeout(240_000)
  let home: PlatformHome
  let bucket: string

  before(async () => {
    home = await PlatformHome.create(['files.enabled=true', 'fleet.numVehicles=0'])
    bucket = join(home.folders.data, 'files', 'etl')
    await home.start().waitForOutput('The platform is running.', 150)
  })

  after(() => home[Symbol.asyncDispose]())

  const run = async (...args: string[]) => {
    const command = home.command(...args)
    return { code: await command.waitForExit(), out: command.output }
  }
  const drop = (...args: string[]) => run('drop', '--', ...args)
  const names = (folder: string): string[] => readdirSync(join(bucket, folder)).sort()
  const rowsOf = (text: string) => home.sql<{ count: number }>(text)

  it('a declaration in the bucket is in effect, and its folders are there', async () => {
    const dropped = await drop(
      example('example_config.toml'),
      example('example_python_config.toml'),
    )
    expect(dropped).to.include({ code: 0 })
    await until('the folders are there', () =>
      folders.every((folder) => existsSync(join(bucket, folder))),
    )
    const declared = () => rowsOf(`SELECT count(*)::int FROM pipeline WHERE file LIKE 'bucket:%'`)
    await until('both are declared', async () => (await declared())[0]?.count === 2)
    const list = await run('pipeline', '--', 'list')
    expect(list.out).to.include('castiron').and.include('example_python_config')
  })

  it('a file of the inbox is loaded and archived, and its rows are in the table', async () => {
    expect(await drop(example('data_test.tsv'), '--to', 'castiron', '--wait')).to.include({
      code: 0,
    })
    expect(await rowsOf('SELECT count(*)::int FROM castiron')).to.deep.equal([{ count: 5 }])
    await until('it is archived', () => names('03_archive').includes('data_test.tsv'))
    expect([...names('01_inbox'), ...names('02_processing')]).to.deep.equal([])
  })

  it('the handler logs the lines of a file, and the file is archived', async () => {
    expect(await drop(example('test.csv'), '--wait')).to.include({ code: 0 })
    await until('it is archived', () => names('03_archive').includes('test.csv'))
    const log = join(home.folders.logs, 'worker-0.log')
    await until('the log has the lines', () => {
      const text = readFileSync(log, 'utf8')
      return ['field1,field2', '3,three', 'test.csv has 4 lines'].every((line) =>
        text.includes(`"line":"${line}"`),
      )
    })
  })

  it('a second file with the same name gets another name, and a bad file has its reason beside it', async () => {
    const inbox = join(bucket, '01_inbox')
    const more = 'id\tname\tmeasured_at\tvalue\n6\tBuoy\t2026-01-05T07:00:00Z\t1\n'
    writeFileSync(join(inbox, 'data_test.tsv'), more)
    writeFileSync(join(inbox, 'bad_test.tsv'), 'a\tb\n1\t2\n')
    await until(
      'both are moved',
      () => names('03_archive').length + names('04_failed').length === 5,
    )
    expect(names('03_archive')).to.include('data_test.2.tsv')
    expect(names('04_failed')).to.deep.equal(['bad_test.tsv', 'bad_test.tsv.error_log'])
    const reason = readFileSync(join(bucket, '04_failed', 'bad_test.tsv.error_log'), 'utf8')
    expect(reason).to.include('The header has no fields "id", "name"')
    expect(await rowsOf('SELECT count(*)::int FROM castiron')).to.deep.equal([{ count: 6 }])
  })
})
