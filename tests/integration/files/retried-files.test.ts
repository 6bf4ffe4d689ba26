import { mkdirSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { FolderStore } from '../../../services/adapters/objects/folder-store.ts'
import type { ObjectStore } from '../../../services/adapters/objects/object-store.ts'
import type { Pool } from '../../../services/adapters/postgres/driver/connection.ts'
import { FileMoves } from '../../../services/adapters/postgres/files/file-moves.ts'
import { FileReader } from '../../../services/adapters/postgres/files/file-reader.ts'
import { FileStore } from '../../../services/adapters/postgres/files/file-store.ts'
import { FileMover } from '../../../services/worker/files/file-mover.ts'
import type { FileRow } from '../../support/file-tenant.ts'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import { createMoverPool } from '../../support/mover-pool.ts'

const folders = { archive: '03_archive', error: '04_failed', canceled: '05_canceled' }
const declared = [{ name: 'orders', source: { ...folders, inbox: '01_inbox', match: ['*'] } }]

describe('A file whose task is retried while the file is moved', function () {
  this.timeout(120_000)
  let files: FileTenant
  let pool: Pool
  let store: FolderStore
  let bucketName: string

  before(async () => {
    files = await FileTenant.create()
    pool = createMoverPool(files)
    store = new FolderStore(files.bucket)
    bucketName = basename(files.bucket)
    files.declare('orders', orders())
  })

  after(async () => {
    await pool.end()
    await files[Symbol.asyncDispose]()
  })

  /** Puts a file into the inbox whose task has failed. @returns the id of the task */
  async function dropFailed(name: string, id: number): Promise<number> {
    files.drop(name, `id,name,price\n${id},Ann,1\n`)
    const found = await store.find(`01_inbox/${name}`)
    if (found === undefined) throw new Error('The file is not there.')
    await new FileStore(pool, bucketName).makeTasks('orders', [found])
    const task = (await fileOf(`01_inbox/${name}`)).task ?? 0
    await files.tenant.sql(
      `UPDATE task SET state = 'failed', attempt = 1, code = 'bad-file', detail = 'Bad.',
         started_at = now(), ended_at = now() WHERE id = $1`,
      [task],
    )
    return task
  }

  const fileOf = async (key: string): Promise<FileRow> => {
    const found = (await files.files()).find((file) => file.key === key)
    if (found === undefined) throw new Error(`${key} is not in the table.`)
    return found
  }
  const retry = (task: number) => files.tenant.sql('SELECT retry_tasks(ARRAY[$1::bigint])', [task])
  const complete = (task: number) =>
    files.tenant.sql(
      `UPDATE task SET state = 'complete', attempt = 2, started_at = now(), ended_at = now()
       WHERE id = $1`,
      [task],
    )
  const move = (moves: FileMoves, objects: ObjectStore = store) =>
    new FileMover({ store: objects, moves, logger: files.log.logger }).move(
      declared as never,
      new AbortController().signal,
    )

  /** The counts of archived files are kept apart from the files. */
  const countsEqualFiles = async (): Promise<void> => {
    const counted = await files.tenant.sql<{ pipeline: string; state: string; count: number }>(
      `SELECT file.pipeline, coalesce(task.state, ended_as, 'failed') AS state, count(*)
       FROM file LEFT JOIN task ON task.id = file.task GROUP BY 1, 2 ORDER BY 1, 2`,
    )
    expect(await new FileReader(pool).counts()).to.deep.equal(counted)
  }

  it('stays in the inbox if the task was retried before a name was reserved', async () => {
    const task = await dropFailed('early.csv', 1)
    class SlowMoves extends FileMoves {
      override async ended(afterId: number, limit: number) {
        const ended = await super.ended(afterId, limit)
        if (ended.length > 0) await retry(task)
        return ended
      }
    }
    await move(new SlowMoves(pool, bucketName))
    expect(files.names('01_inbox')).to.deep.equal(['early.csv'])
    expect(files.names('04_failed')).to.deep.equal([])
    expect(await fileOf('01_inbox/early.csv')).to.include({ archived_at: null, target_key: null })
  })

  it('is moved to the archive if the task was retried during the move and is complete', async () => {
    const task = await dropFailed('late.csv', 2)
    class SlowStore extends FolderStore {
      override async move(...args: Parameters<FolderStore['move']>) {
        const outcome = await super.move(...args)
        await retry(task)
        return outcome
      }
    }
    const moves = new FileMoves(pool, bucketName)
    await move(moves, new SlowStore(files.bucket))
    expect(files.names('04_failed')).to.deep.equal(['late.csv', 'late.csv.error_log'])
    expect(await fileOf('04_failed/late.csv')).to.include({ archived_at: null, target_key: null })
    await complete(task)
    await move(moves)
    expect(files.names('03_archive')).to.deep.equal(['late.csv'])
    const archived = await fileOf('04_failed/late.csv')
    expect(archived).to.include({ target_key: '03_archive/late.csv', detail: null })
    expect(archived.archived_at).to.be.a('date')
    await countsEqualFiles()
  })

  it('counts as queued while it waits in the folder of errors, and as complete afterwards', async () => {
    const task = await dropFailed('again.csv', 4)
    await move(new FileMoves(pool, bucketName))
    await countsEqualFiles()
    await retry(task)
    await countsEqualFiles()
    expect(await new FileReader(pool).counts()).to.deep.include({
      ...{ pipeline: 'orders', state: 'queued', count: 2 },
    })
  })

  it('is loaded from its new path if the process that moved it was killed', async () => {
    const task = await dropFailed('killed.csv', 3)
    mkdirSync(join(files.bucket, '04_failed'), { recursive: true })
    renameSync(
      join(files.bucket, '01_inbox/killed.csv'),
      join(files.bucket, '04_failed/killed.csv'),
    )
    await files.tenant.sql(
      `UPDATE file SET target_key = '04_failed/killed.csv' WHERE key = '01_inbox/killed.csv'`,
    )
    await retry(task)
    await files.startWorker()
    await files.untilMoved(4)
    await countsEqualFiles()
    expect(files.names('03_archive')).to.deep.equal([
      ...['again.csv', 'early.csv'],
      ...['killed.csv', 'late.csv'],
    ])
    expect(await new FileReader(pool).counts()).to.deep.equal([
      { pipeline: 'orders', state: 'complete', count: 4 },
    ])
    const rows = await files.tenant.sql<{ id: number }>(
      'SELECT id::int FROM data.orders ORDER BY id',
    )
    expect(rows.map(({ id }) => id)).to.deep.equal([1, 3, 4])
  })
})
