import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { removeRunRecord } from '../../../infra/local/run-record.ts'
import { recordAsRunning, runCommand } from '../../support/commands.ts'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

describe('npm run drop', function () {
  this.timeout(120_000)
  let files: FileTenant
  const own = new TemporaryFolder()

  before(async () => {
    files = await FileTenant.create()
    recordAsRunning(files.tenant)
    files.declare('orders', orders())
    await files.startWorker()
    await until('the inbox is there', () => files.names('.').includes('01_inbox'))
  })

  after(async () => {
    removeRunRecord(files.tenant.deployment.folders.state)
    await files[Symbol.asyncDispose]()
    own[Symbol.dispose]()
  })

  const write = (name: string, content: string): string => {
    const path = join(own.path, name)
    writeFileSync(path, content)
    return path
  }
  const drop = (...args: string[]) => runCommand(files.tenant, ['drop', ...args])

  it('puts files into the inbox of the pipeline that matches them, and waits until they are loaded', async () => {
    const good = write('good.csv', 'id,name,price\n1,Ann,1\n2,Bob,1\n')
    const bad = write('partly.csv', 'id,name,price\n3,Ann,1\nx,Bob,1\n')
    const { code, out, err } = await drop(good, bad, '--wait')
    expect(code, out + err).to.equal(0)
    expect(out).to.include(`${good}: 30 bytes are in the inbox of orders as 01_inbox/good.csv.`)
    expect(out).to.include('01_inbox/good.csv is loaded: 2 rows. It is 03_archive/good.csv now.')
    expect(out).to.match(
      /partly\.csv is loaded: 1 row, 1 rejected line \(npm run tasks -- show \d+\)/,
    )
    expect(files.names('.incoming')).to.deep.equal([])
  })

  it('has exit code 1 and names the reason if a file is not loaded', async () => {
    const wrong = write('wrong.csv', 'a;b\n1;2\n')
    const { code, out } = await drop(wrong, '--to', 'orders', '--wait')
    expect(code).to.equal(1)
    expect(out).to.include('01_inbox/wrong.csv was not loaded. bad-file: The header has no field')
    expect(out).to.include('It is 04_failed/wrong.csv now.')
  })

  it('npm run pipeline lists and describes folders, matches and numbers of files', async () => {
    const pipeline = (...args: string[]) => runCommand(files.tenant, ['pipeline', ...args])
    const { out } = await pipeline('list')
    const line = out.split('\n').find((each) => each.includes('*.csv')) ?? ''
    expect(line.split('|').map((cell) => cell.trim())).to.deep.equal([
      ...['orders', 'yes', '*.csv', '01_inbox', '03_archive, 04_failed, 05_canceled'],
      ...['0', '0', '2', '1', '0'],
    ])
    expect((await pipeline('describe', 'orders')).out).to.include(
      'files     3 found: 2 complete, 1 failed',
    )
  })

  it('does not replace a file that waits in the inbox', async () => {
    await files.tenant.sql(`UPDATE pipeline SET paused = true, pause_reason = 'test'`)
    const path = write('twice.csv', 'id,name,price\n7,Ann,1\n')
    const first = await drop(path)
    expect(first).to.include({ code: 0 })
    expect(first.out).to.include('The pipeline orders is paused, so its files wait: test')
    writeFileSync(path, 'id,name,price\n8,Ann,1\n')
    const { code, out } = await drop(path)
    expect(code).to.equal(1)
    expect(out).to.include('a file with this name waits in the inbox of orders')
    expect(files.read('01_inbox/twice.csv')).to.include('7,Ann')
  })

  it('refuses files that no pipeline matches with exit code 2, and copies none of the others', async () => {
    const [good, text] = [write('z.csv', 'id,name,price\n'), write('a.txt', 'x')]
    const { code, out } = await drop(good, text)
    expect(out).to.equal(
      'No pipeline matches "a.txt". The names that pipelines load: orders: "*.csv". Rename the file, or change from.files.match.\n',
    )
    expect(code).to.equal(2)
    expect(files.names('01_inbox')).not.to.include('z.csv')
  })
})
