import { createHash } from 'node:crypto'
import { copyFileSync, mkdirSync, readdirSync, renameSync } from 'node:fs'
import { basename, join } from 'node:path'
import { expect } from 'chai'
import { FolderStore } from '../../../services/adapters/objects/folder-store.ts'
import type { ObjectStore } from '../../../services/adapters/objects/object-store.ts'
import type { Pool } from '../../../services/adapters/postgres/driver/connection.ts'
import type { Target } from '../../../services/adapters/postgres/files/file-moves.ts'
import { FileMoves } from '../../../services/adapters/postgres/files/file-moves.ts'
import { FileReader } from '../../../services/adapters/postgres/files/file-reader.ts'
import { FileStore } from '../../../services/adapters/postgres/files/file-store.ts'
import { FileMover } from '../../../services/worker/files/file-mover.ts'
import { findFile } from '../../../services/worker/files/loading/find-file.ts'
import { FileTenant, orders } from '../../support/file-tenant.ts'
import { createMoverPool } from '../../support/mover-pool.ts'

const folders = { archive: '03_archive', error: '04_failed', canceled: '05_canceled' }
const source = { ...folders, inbox: '01_inbox', match: ['*'], processing: '02_processing' }
const { signal: cancel } = new AbortController()

type Row = {
  readonly key: string
  readonly task: number
  readonly target_key: string | null
  readonly processing_key: string | null
  readonly is_archived: boolean
}

describe('A file whose move was interrupted, or whose task was retried', function () {
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
    mkdirSync(join(files.bucket, '04_failed'), { recursive: true })
  })

  after(async () => {
    await pool.end()
    await files[Symbol.asyncDispose]()
  })

  /** Puts a file into the inbox whose task has failed. @returns the id of the task */
  async function dropFailed(name: string): Promise<number> {
    files.drop(name, 'the first content\n')
    const found = await store.find(`01_inbox/${name}`)
    if (found === undefined) throw new Error('The file is not there.')
    await new FileStore(pool, bucketName).makeTasks('orders', [found])
    const [row] = await files.tenant.sql<{ task: number }>(
      `SELECT task::int FROM file WHERE key = $1 AND archived_at IS NULL`,
      [found.key],
    )
    const task = row?.task ?? 0
    await end(task, 'failed')
    return task
  }

  const end = (task: number, state: string, detail = 'Bad.') =>
    files.tenant.sql(
      `UPDATE task SET state = $2, attempt = attempt + 1, started_at = now(), ended_at = now(),
         code = CASE WHEN $2 = 'failed' THEN 'bad-file' END,
         detail = CASE WHEN $2 = 'failed' THEN $3 END
       WHERE id = $1`,
      [task, state, detail],
    )
  const retry = (task: number) => files.tenant.sql('SELECT retry_tasks(ARRAY[$1::bigint])', [task])
  const cancelTask = (task: number) =>
    files.tenant.sql('UPDATE task SET cancel_requested_at = now() WHERE id = $1', [task])
  /** A move to the folder of errors was begun, and the task was retried then. */
  const reserveAndRetry = async (task: number, name: string): Promise<void> => {
    await files.tenant.sql('UPDATE file SET target_key = $2 WHERE task = $1', [
      ...[task, `04_failed/${name}`],
    ])
    await retry(task)
  }
  const moveToErrors = (name: string): void =>
    renameSync(join(files.bucket, '01_inbox', name), join(files.bucket, '04_failed', name))

  const rowOf = async (task: number): Promise<Row | undefined> => {
    const rows = await files.tenant.sql<Row>(
      `SELECT key, task::int, target_key, processing_key, archived_at IS NOT NULL AS is_archived
       FROM file WHERE task = $1`,
      [task],
    )
    return rows[0]
  }
  const move = (moves = new FileMoves(pool, bucketName), objects: ObjectStore = store) =>
    new FileMover({ store: objects, moves, logger: files.log.logger }).move(
      [{ name: 'orders', source }] as never,
      cancel,
    )
  const find = (id: number, attempt: number, processing?: string) => {
    const declaration = { source: { ...source, processing } as never }
    const fileStore = new FileStore(pool, bucketName)
    return findFile({ id, attempt }, { store, files: fileStore, cancel, declaration })
  }

  it('does not archive a new file of the same name that was never loaded', async () => {
    const task = await dropFailed('replaced.csv')
    await reserveAndRetry(task, 'replaced.csv')
    await end(task, 'complete')
    files.drop('replaced.csv', 'a new file\n')
    await move()
    expect(files.read('01_inbox/replaced.csv')).to.equal('a new file\n')
    expect(files.names('03_archive')).to.deep.equal([])
    expect(await rowOf(task)).to.include({ is_archived: true })
  })

  it('archives the file itself from where an earlier move has put it', async () => {
    const task = await dropFailed('refilled.csv')
    moveToErrors('refilled.csv')
    await reserveAndRetry(task, 'refilled.csv')
    await end(task, 'complete')
    files.drop('refilled.csv', 'a new file\n')
    await move()
    expect(files.read('01_inbox/refilled.csv')).to.equal('a new file\n')
    // The first name counts as used by the earlier move.
    expect(files.read('03_archive/refilled.2.csv')).to.equal('the first content\n')
    expect(files.names('04_failed')).to.deep.equal([])
  })

  it('is loaded from there, and not the new file of the same name', async () => {
    const task = await dropFailed('loaded.csv')
    moveToErrors('loaded.csv')
    await reserveAndRetry(task, 'loaded.csv')
    files.drop('loaded.csv', 'a new file\n')
    expect(await find(task, 1)).to.have.nested.property('object.key', '04_failed/loaded.csv')
    expect(await rowOf(task)).to.include({ key: '04_failed/loaded.csv', target_key: null })
    await end(task, 'complete')
    await move()
    expect(files.read('03_archive/loaded.csv')).to.equal('the first content\n')
  })

  it('is not taken from its target if a user has put another file there', async () => {
    const task = await dropFailed('foreign.csv')
    await reserveAndRetry(task, 'foreign.csv')
    await store.remove('01_inbox/foreign.csv')
    files.drop('foreign.csv', 'of a user\n', '04_failed')
    expect(await find(task, 1)).to.have.nested.property('fault.code', 'file-missing')
    await end(task, 'complete')
    await move()
    expect(files.read('04_failed/foreign.csv')).to.equal('of a user\n')
    expect(files.names('03_archive')).not.to.include('foreign.csv')
  })

  it('is left out by a mover if another mover has archived it meanwhile', async () => {
    const task = await dropFailed('twice.csv')
    let asked = 0
    class SlowMoves extends FileMoves {
      override async ended(afterId: number, limit: number) {
        const ended = await super.ended(afterId, limit)
        if (ended.length > 0) await move()
        return ended
      }
      override async reserve(targets: readonly Target[]) {
        asked += 1
        if (asked > 3) throw new Error('The mover does not stop.')
        return super.reserve(targets)
      }
    }
    await move(new SlowMoves(pool, bucketName))
    expect(files.names('04_failed')).to.include('twice.csv')
    expect(await rowOf(task)).to.include({ target_key: '04_failed/twice.csv', is_archived: true })
  })

  it('keeps its place for processing if the new attempt moves it there during the move', async () => {
    const task = await dropFailed('busy.csv')
    /** As on S3, where a move copies: the file is at both places for a time. */
    class CopyingStore extends FolderStore {
      override async move({ key }: { readonly key: string }, toKey: string) {
        copyFileSync(join(files.bucket, key), join(files.bucket, toKey))
        await retry(task)
        expect(await find(task, 1, '02_processing')).to.have.nested.property(
          ...(['object.key', '02_processing/busy.csv'] as const),
        )
        return 'moved' as const
      }
    }
    await move(undefined, new CopyingStore(files.bucket))
    // Otherwise the file there would get a second task.
    expect(await rowOf(task)).to.include({ processing_key: '02_processing/busy.csv' })
    await end(task, 'complete')
    await move()
    expect(files.names('02_processing')).to.deep.equal([])
    expect(files.names('03_archive')).to.include('busy.2.csv')
  })

  /** A worker was killed while it moved the file from the folder for processing to its target. */
  async function park(task: number, name: string): Promise<void> {
    const place = `02_processing/${name}`
    await retry(task)
    expect(await find(task, 1, '02_processing')).to.have.nested.property('object.key', place)
    await end(task, 'failed')
    await files.tenant.sql('UPDATE file SET target_key = $2 WHERE task = $1', [
      ...[task, `04_failed/${name}`],
    ])
    const etag = (await store.find(place))?.etag
    const id = createHash('sha256')
      .update(JSON.stringify([place, etag]))
      .digest('hex')
    mkdirSync(join(files.bucket, '.unfinished'), { recursive: true })
    renameSync(join(files.bucket, place), join(files.bucket, '.unfinished', `move-${id}`))
  }

  it('is moved to its target if a worker was killed while it moved it out of the folder for processing', async () => {
    const task = await dropFailed('parked.csv')
    await park(task, 'parked.csv')
    await move()
    expect(files.read('04_failed/parked.csv')).to.equal('the first content\n')
    expect(readdirSync(join(files.bucket, '.unfinished'))).to.deep.equal([])
  })

  it('is loaded if its task was retried after a worker was killed during this move', async () => {
    const task = await dropFailed('parked-retried.csv')
    await park(task, 'parked-retried.csv')
    await retry(task)
    expect(await find(task, 2, '02_processing')).to.have.nested.property(
      ...(['object.key', '02_processing/parked-retried.csv'] as const),
    )
    await end(task, 'complete')
    await move()
    expect(files.read('03_archive/parked-retried.csv')).to.equal('the first content\n')
  })

  const counted = async (wanted: string): Promise<number> => {
    const counts = await new FileReader(pool).counts()
    return counts.find(({ state }) => state === wanted)?.count ?? 0
  }

  it('is moved to the folder of errors, and counts as failed, if it was canceled before', async () => {
    const task = await dropFailed('canceled-before.csv')
    await end(task, 'canceled')
    await move()
    expect(files.names('05_canceled')).to.deep.equal(['canceled-before.csv'])
    const failed = await counted('failed')
    await retry(task)
    await end(task, 'failed')
    await move()
    expect([await counted('canceled'), await counted('failed')]).to.deep.equal([0, failed + 1])
    expect(files.names('05_canceled')).to.deep.equal([])
    expect(files.names('04_failed')).to.include.members([
      ...['canceled-before.csv', 'canceled-before.csv.error_log'],
    ])
    // The next attempt fails for another reason.
    await retry(task)
    await end(task, 'failed', 'Worse.')
    await move()
    expect(files.names('04_failed')).not.to.include('canceled-before.2.csv')
    expect(files.read('04_failed/canceled-before.csv.error_log')).to.include('Worse.')
  })

  it('counts as failed if another file has the path to which it was moved', async () => {
    const task = await dropFailed('replaced-there.csv')
    await end(task, 'canceled')
    await move()
    const other = await dropFailed('other.csv')
    await files.tenant.sql('UPDATE file SET key = $2 WHERE task = $1', [
      ...[other, '05_canceled/replaced-there.csv'],
    ])
    await retry(task)
    await end(task, 'failed')
    expect(await rowOf(task)).to.include({ is_archived: true })
    expect(await counted('canceled')).to.equal(0)
  })

  it('counts as canceled, and is moved to the folder for these, if its task is canceled after the retry', async () => {
    const task = await dropFailed('canceled.csv')
    await move()
    expect(await counted('canceled')).to.equal(0)
    await retry(task)
    await cancelTask(task)
    expect(await counted('canceled')).to.equal(1)
    const listed = await new FileReader(pool).list({ state: 'canceled', limit: 10 })
    expect(listed.map(({ key }) => key)).to.deep.equal(['04_failed/canceled.csv'])
    await move()
    expect(files.names('05_canceled')).to.include('canceled.csv')
  })
})
