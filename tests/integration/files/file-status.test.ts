import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { ClickHouse, findClickHouse } from '../../support/clickhouse.ts'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

describe('The copy of the status of files in ClickHouse', function () {
  this.timeout(180_000)
  let folder: TemporaryFolder | undefined
  let clickHouse: ClickHouse
  let files: FileTenant
  let topic: string

  before(async function () {
    const packages = findClickHouse()
    if (packages === undefined) {
      process.stdout.write(
        '    There is no ClickHouse, so these tests are skipped. npm test unpacks it.\n',
      )
      return this.skip()
    }
    folder = new TemporaryFolder()
    clickHouse = await ClickHouse.start(packages)
    const passwordFile = join(folder.path, 'password')
    writeFileSync(passwordFile, `${clickHouse.password}\n`)
    const settings = [`clickhouse.url=${clickHouse.url}`, `clickhouse.passwordFile=${passwordFile}`]
    files = await FileTenant.create(undefined, settings)
    const { kafka } = files.tenant.config
    topic = `${kafka.topic}-progress`
    files.declare('orders', `progress = "${topic}"\n${orders()}`)
  })

  after(async () => {
    const present: (AsyncDisposable | undefined)[] = [files, clickHouse]
    for (const resource of present) await resource?.[Symbol.asyncDispose]()
    folder?.[Symbol.dispose]()
  })

  const copied = (name: string) =>
    clickHouse.query(
      `SELECT * FROM rubicon.cast_iron_file_status FINAL WHERE original_filename = '${name}'`,
    )
  const untilCopied = (name: string, fileName: string) =>
    until(`${name} is copied as ${fileName}`, async () => {
      const rows = await copied(name).catch(() => [])
      return rows.length === 1 && rows[0]?.['file_name'] === fileName && rows[0]
    })
  const waiting = async (of = 'clickhouse:file_status'): Promise<number> => {
    const [row] = await files.tenant.sql<{ count: number }>(
      `SELECT count(*)::int FROM outbox WHERE topic = '${of}'`,
    )
    return row?.count ?? 0
  }
  const untilArchived = (name: string) =>
    until(`${name} is archived`, () => files.names('03_archive').includes(name))
  const untilKafkaHasAll = () =>
    until('Kafka has all messages', async () => (await waiting(topic)) === 0, 10)
  const untilNothingWaits = () => until('nothing waits', async () => (await waiting()) === 0)

  it('has one row for each file: its last status, its rows and where it is', async () => {
    files.drop('good.csv', 'id,name,price\n1,A,1\nx,B,1\n')
    files.drop('bad.csv', 'a,b\n1,2\n')
    await files.startWorker()
    const good = await untilCopied('good.csv', '03_archive/good.csv')
    expect(good).to.deep.include({
      ...{ bucket_name: files.tenant.config.objects.bucket, status: 'Complete' },
      ...{ pipeline: 'orders', progress: 1, attempt: 1, rows: '1', lines: '2', rejected: '1' },
    })
    const bad = await untilCopied('bad.csv', '04_failed/bad.csv')
    expect(bad).to.include({ status: 'Failed' })
    expect(bad['detail']).to.include('The header has no fields')
    await untilNothingWaits()
  })

  it('loses nothing while ClickHouse is away, and files are loaded meanwhile', async () => {
    await clickHouse.kill()
    const names = ['away-1.csv', 'away-2.csv', 'away-3.csv']
    for (const [index, name] of names.entries()) {
      files.drop(name, `id,name,price\n${20 + index},A,1\n`)
      await untilArchived(name)
      await wait(1_000)
    }
    expect(await waiting()).to.be.at.least(names.length)
    await untilKafkaHasAll()
    await until('the log says so', () =>
      files.log.lines.some(({ event }) => event === 'file-status-not-copied'),
    )
    await clickHouse.startAgain()
    for (const name of names) {
      const row = await untilCopied(name, `03_archive/${name}`)
      expect(row).to.include({ status: 'Complete', rows: '1' })
    }
    await untilNothingWaits()
  })

  it('delays no message for Kafka and no file while ClickHouse does not answer', async () => {
    clickHouse.suspend()
    try {
      files.drop('silent.csv', 'id,name,price\n4,A,1\n')
      await untilArchived('silent.csv')
      // A request to ClickHouse lasts up to 20 seconds.
      await untilKafkaHasAll()
      expect(await waiting()).to.be.at.least(1)
    } finally {
      clickHouse.resume()
    }
    const row = await untilCopied('silent.csv', '03_archive/silent.csv')
    expect(row).to.include({ status: 'Complete' })
    await untilNothingWaits()
  })

  const setSize = (name: string, size: number) =>
    files.tenant.sql('UPDATE file SET size = $2 WHERE key = $1', [`01_inbox/${name}`, size])
  const untilSizes = (name: string, sizes: readonly string[]) =>
    until(`${name} is copied with the sizes ${sizes.join()}`, async () => {
      const found = (await copied(name)).map((row) => String(row['size']))
      return found.sort().join() === sizes.join()
    })

  it('replaces the status after a backup of the database was restored', async () => {
    await files.tenant.sql('ALTER SEQUENCE file_status_version RESTART')
    await setSize('good.csv', 1_001)
    await untilSizes('good.csv', ['1001'])
  })

  it('keeps the status of the files of another database with the same ids', async () => {
    const [own] = await files.tenant.sql<{ id: string }>('SELECT id FROM installation')
    await files.tenant.sql(`UPDATE installation SET id = 'ffffffff'`)
    await setSize('good.csv', 1_002)
    await untilSizes('good.csv', ['1001', '1002'])
    await files.tenant.sql('UPDATE installation SET id = $1', [own?.id])
  })

  it('never has the password in the log', () => {
    expect(JSON.stringify(files.log.lines)).to.not.include(clickHouse.password)
  })

  it('ends when clickhouse.url is removed, and begins again with all files', async () => {
    await files.tenant.provisionWith(['clickhouse.url=', 'clickhouse.passwordFile='])
    files.drop('unwatched.csv', 'id,name,price\n3,A,1\n')
    await untilArchived('unwatched.csv')
    expect(await waiting()).to.equal(0)
    expect(await copied('unwatched.csv')).to.deep.equal([])
    await files.tenant.provision()
    const row = await untilCopied('unwatched.csv', '03_archive/unwatched.csv')
    expect(row).to.include({ status: 'Complete' })
  })
})
