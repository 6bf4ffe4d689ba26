import { expect } from 'chai'
import { completeWith, part, someRules, TestWorker } from '../../support/settled.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'

/** Statements of the previous version, whose workers continue for a while after the migrations. */
const previous = {
  insertOutputs: `INSERT INTO task_output (task, pipeline, folder, rows, bytes, sha256, tables)
    SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::bigint[], $5::bigint[], $6::bytea[], $7::jsonb[])`,
  recordRefreshes: `INSERT INTO refreshed_table AS present (pipeline, name, task)
    SELECT $1, name, $2 FROM unnest($3::text[]) AS name
    ON CONFLICT (pipeline, name) DO UPDATE SET task = excluded.task
    WHERE present.task <= excluded.task
    RETURNING name`,
  setArchived: `UPDATE file
    SET archived_at = clock_timestamp(), detail = coalesce(given.detail, file.detail),
      ended_as = (SELECT state FROM task WHERE task.id = file.task AND state IN ('complete', 'failed', 'canceled'))
    FROM unnest($1::bigint[], $2::text[]) AS given (file, detail)
    WHERE file.id = given.file AND file.archived_at IS NULL`,
  recordLoaded: `UPDATE file
    SET sha256 = $2, lines = $3, rejected = $4, detail = $5, archived_at = NULL
    WHERE id = $1`,
}

describe('After the migrations, a worker of the previous version', function () {
  this.timeout(180_000)
  let database: TaskDatabase

  before(async () => {
    database = await TaskDatabase.create()
  })
  after(() => database[Symbol.asyncDispose]())

  it('stores the object of a task under its previous name', async () => {
    await database.pool.query(previous.insertOutputs, [
      ...[[17], ['job'], ['outputs/job'], [1], [2], [Buffer.alloc(32)], ['[]']],
    ])
    const keys = await database.tenant.sql('SELECT key FROM task_output WHERE task = 17')
    expect(keys).to.deep.equal([{ key: 'outputs/job/17.ndjson' }])
  })

  it('replaces the content of a table, and a worker of this version does so after it', async () => {
    await database.pool.query('CREATE TABLE data.latest (id integer)')
    const recorded = await database.pool.query(previous.recordRefreshes, ['job', 0, ['latest']])
    expect(recorded.rows).to.deep.equal([{ name: 'latest' }])
    const worker = await TestWorker.start(database)
    await database.queue.insert('job', [aTask(0)])
    const tasks = await worker.claim('job')
    const work = () => completeWith({ ...part('latest', [{ id: 1 }]), refresh: true })
    await worker.settle(tasks, work, { rules: someRules() })
    const rows = await database.tenant.sql('SELECT id FROM data.latest')
    expect(rows).to.deep.equal([{ id: 1 }])
  })

  const counts = () =>
    database.tenant.sql('SELECT pipeline, state, count::int FROM file_count ORDER BY 1, 2')
  const insertFiles = async (names: readonly string[]): Promise<number[]> => {
    const rows = await database.tenant.sql<{ id: number }>(
      `INSERT INTO file (bucket, key, size, etag, modified_at, pipeline)
       SELECT 'etl', name, 1, 'e', now(), 'orders' FROM unnest($1::text[]) AS name RETURNING id`,
      [names],
    )
    return rows.map(({ id }) => id)
  }

  it('moves files that are counted', async () => {
    const files = await insertFiles(['a.csv', 'b.csv', 'c.csv'])
    const details = files.map(() => 'Bad.')
    await database.pool.query(previous.setArchived, [files, details])
    expect(await counts()).to.deep.equal([{ pipeline: 'orders', state: 'failed', count: 3 }])
    await database.pool.query(previous.recordLoaded, [files[0], Buffer.alloc(32), 1, 0, null])
    expect(await counts()).to.deep.equal([{ pipeline: 'orders', state: 'failed', count: 2 }])
  })

  it('deletes files, which then are no longer counted', async () => {
    await database.pool.query(`DELETE FROM file WHERE pipeline = 'orders'`)
    expect(await counts()).to.deep.equal([{ pipeline: 'orders', state: 'failed', count: 0 }])
  })
})
