import { mkdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { Registry } from 'prom-client'
import { FolderStore } from '../../../services/adapters/objects/folder-store.ts'
import type { Pool } from '../../../services/adapters/postgres/driver/connection.ts'
import { createPool } from '../../../services/adapters/postgres/driver/connection.ts'
import { FileStore } from '../../../services/adapters/postgres/files/file-store.ts'
import { readConfig } from '../../../services/worker/config.ts'
import { BucketHealth } from '../../../services/worker/files/bucket-health.ts'
import { TypeDetector } from '../../../services/worker/files/detection/type-detector.ts'
import { FileScanner } from '../../../services/worker/files/file-scanner.ts'
import { findFile } from '../../../services/worker/files/loading/find-file.ts'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import { envOf } from '../../support/servers.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const poolOptions = { applicationName: 'av-telemetry killed worker', maxConnections: 2 }

describe('A pipeline of files with a folder for processing', function () {
  this.timeout(120_000)
  let files: FileTenant
  let pool: Pool

  before(async () => {
    files = await FileTenant.create()
    const { postgres } = readConfig(envOf(files.tenant.deployment, 'worker-0'))
    pool = createPool(postgres, { ...poolOptions, logger: files.log.logger })
    files.declare('orders', orders(undefined, undefined, 'processing = "02_processing"'))
  })

  after(async () => {
    await pool.end()
    await files[Symbol.asyncDispose]()
  })

  const content = (id: number): string => `id,name,price\n${id},Ann,1\n`
  const ids = async () => {
    const rows = await files.tenant.sql<{ id: number }>(
      'SELECT id::int FROM data.orders ORDER BY id',
    )
    return rows.map(({ id }) => id)
  }
  /** A worker that was killed after it had moved the file of its task, or before. */
  const startLikeAKilledWorker = async (name: string, isMoved: boolean): Promise<void> => {
    const store = new FolderStore(files.bucket)
    const found = await store.find(`01_inbox/${name}`)
    if (found === undefined) throw new Error('The file is not there.')
    const fileStore = new FileStore(pool, 'etl')
    await fileStore.makeTasks('orders', [found])
    const [file] = (await files.files()).filter(({ key }) => key === found.key)
    const id = file?.task ?? 0
    const source = { processing: '02_processing' } as never
    const cancel = new AbortController().signal
    const moveIn = (attempt: number) =>
      findFile({ id, attempt }, { store, files: fileStore, cancel, declaration: { source } })
    // A worker that has lost its task moves nothing.
    expect(await moveIn(1)).to.deep.equal({ kind: 'given-back' })
    expect(files.names('01_inbox')).to.include(name)
    expect(await moveIn(0)).to.have.nested.property('object.key', `02_processing/${name}`)
    if (!isMoved) {
      renameSync(join(files.bucket, '02_processing', name), join(files.bucket, '01_inbox', name))
    }
  }

  it('moves a file there, and processes files that a killed worker or another system left there', async () => {
    files.drop('moved.csv', content(1))
    files.drop('recorded.csv', content(2))
    await startLikeAKilledWorker('moved.csv', true)
    await startLikeAKilledWorker('recorded.csv', false)
    expect(files.names('02_processing')).to.deep.equal(['moved.csv'])
    mkdirSync(join(files.bucket, '01_inbox'), { recursive: true })
    files.drop('left.csv', content(3), '02_processing')
    files.drop('new.csv', content(4))
    files.drop('bad.csv', 'a;b')
    await files.startWorker()
    await files.untilMoved(5)
    expect(await ids()).to.deep.equal([1, 2, 3, 4])
    expect(files.names('01_inbox')).to.deep.equal([])
    expect(files.names('02_processing')).to.deep.equal([])
    expect(files.names('03_archive')).to.deep.equal([
      ...['left.csv', 'moved.csv', 'new.csv', 'recorded.csv'],
    ])
    expect(files.names('04_failed')).to.deep.equal(['bad.csv', 'bad.csv.error_log'])
  })

  it('writes no error log with error_log = false', async () => {
    files.declare(
      'orders',
      orders(undefined, undefined, 'processing = "02_processing"\nerror_log = false'),
    )
    await until('the declaration is in effect', async () => {
      const [row] = await files.tenant.sql<{ declaration: object }>(
        `SELECT declaration FROM pipeline WHERE name = 'orders'`,
      )
      return JSON.stringify(row).includes('hasNoErrorLog')
    })
    files.drop('worse.csv', 'a;b')
    await files.untilMoved(6)
    expect(files.names('04_failed')).to.deep.equal(['bad.csv', 'bad.csv.error_log', 'worse.csv'])
  })

  it('does not wait while Tika cannot be reached if its files are matched by name', async () => {
    using bucket = new TemporaryFolder()
    const store = new FolderStore(bucket.path)
    await store.write('names/a.csv', Buffer.from('a'))
    await store.write('types/b.csv', Buffer.from('b'))
    await store.write('types/c.csv', Buffer.from('c'))
    const folders = { archive: 'archive', error: 'error', canceled: 'canceled' }
    const pipelines = [
      { name: 'by_name', source: { ...folders, inbox: 'names', match: ['*'] } },
      { name: 'first', source: { ...folders, inbox: 'types', match: ['c.*'] } },
      { name: 'second', source: { ...folders, inbox: 'types', match: [], mimetypes: ['text/*'] } },
    ]
    const scanner = new FileScanner({
      ...{ store, files: new FileStore(pool, 'tika'), logger: files.log.logger },
      health: new BucketHealth(new Registry(), bucket.path),
      types: new TypeDetector({ store, tikaUrl: 'http://127.0.0.1:1' }),
    })
    const found = async () => {
      await scanner.scan(pipelines as never).catch((error: unknown) => {
        expect((error as Error).message).to.include('Tika cannot be reached')
      })
      const rows = await files.tenant.sql<{ key: string; pipeline: string }>(
        `SELECT key, pipeline FROM file WHERE bucket = 'tika' ORDER BY key`,
      )
      return rows.length >= 2 ? rows : undefined
    }
    expect(await until('two files are found', found)).to.deep.equal([
      { key: 'names/a.csv', pipeline: 'by_name' },
      { key: 'types/c.csv', pipeline: 'first' },
    ])
  })
})
