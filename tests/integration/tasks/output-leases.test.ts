import { mkdirSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { FolderStore } from '../../../services/adapters/objects/folder-store.ts'
import { OutputStore } from '../../../services/adapters/postgres/outputs/output-store.ts'
import { readWorkBacklog } from '../../../services/adapters/postgres/tasks/work-now.ts'
import type { ClaimedTask } from '../../../services/ledger/tasks/task.ts'
import { WakeUp } from '../../../services/runtime/wake-up.ts'
import { OutputRelay } from '../../../services/tasks/output-relay.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { completeWith, part, someRules, TestWorker } from '../../support/settled.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'
import { TemporaryFolder } from '../../support/temporary-folder.ts'
import { until } from '../../support/until.ts'

const rules = someRules({ to: { kind: 'objects', folder: 'outputs' } })

describe('The object of a task', function () {
  this.timeout(60_000)
  const folder = new TemporaryFolder()
  const bucket = join(folder.path, 'etl')
  let database: TaskDatabase

  beforeEach(async () => {
    mkdirSync(bucket)
    database = await TaskDatabase.create()
  })
  afterEach(async () => {
    await database[Symbol.asyncDispose]()
    rmSync(bucket, { recursive: true, force: true })
  })
  after(() => {
    folder[Symbol.dispose]()
  })

  const relayOf = ({ pool }: TaskDatabase) =>
    new OutputRelay({
      outputs: new OutputStore(pool),
      ...{ store: new FolderStore(bucket), wakeUp: new WakeUp(), logger: serviceLogger },
    })
  /** A complete task whose object waits. */
  const complete = async (where = database): Promise<ClaimedTask> => {
    const worker = await TestWorker.start(where)
    await where.queue.insert('job', [aTask(0)])
    const [task] = await worker.claim('job')
    if (task === undefined) throw new Error('there is no task')
    await worker.settle([task], ({ id }) => completeWith(part('cases', [{ id }])), { rules })
    return task
  }
  const untilListed = (where = database) =>
    until('the object is listed', async () => {
      const [row] = await where.tenant.sql<{ count: number }>(
        'SELECT count(*)::int FROM task_output WHERE listed_at IS NOT NULL',
      )
      return row?.count === 1
    })

  it('is stored without an open transaction, and by no other worker', async () => {
    const { id } = await complete()
    const store = new FolderStore(bucket)
    const { stored } = await new OutputStore(database.pool).storeNext(0, async ([first]) => {
      if (first === undefined) throw new Error('nothing waits')
      const [open] = await database.tenant.sql<{ count: number }>(
        `SELECT count(*)::int FROM pg_stat_activity
         WHERE datname = current_database() AND backend_xmin IS NOT NULL AND pid <> pg_backend_pid()
           AND application_name LIKE 'test %'`,
      )
      expect(open?.count).to.equal(0)
      const other = await new OutputStore(database.pool).storeNext(0, () => Promise.resolve([]))
      expect(other).to.deep.equal({ stored: [], last: undefined })
      for await (const content of first.content()) await store.write(first.key, content)
      return [first.task]
    })
    expect(stored).to.deep.equal([id])
    expect((await readWorkBacklog(database.pool)).waitingOutputs).to.equal(0)
  })

  it('is stored again after the lease of its worker, which then cannot replace it by a part', async () => {
    await complete()
    const slow = new OutputStore(database.pool, { leaseMs: 1 })
    const late = slow.storeNext(0, async ([first]) => {
      if (first === undefined) throw new Error('nothing waits')
      await using _ = relayOf(database)
      await untilListed()
      for await (const content of first.content()) expect(content.length).to.equal(0)
      return [first.task]
    })
    expect(await late.catch((error: unknown) => (error as Error).message)).to.match(
      /^The content of outputs\/job\/.+ was removed from the database meanwhile\.$/,
    )
  })

  it('replaces no object and no manifest that an earlier database has made in the bucket', async () => {
    await using later = await TaskDatabase.create()
    const names: string[][] = []
    for (const each of [database, later]) {
      const [row] = await each.tenant.sql<{ id: string }>('SELECT id FROM installation')
      const { id } = await complete(each)
      await using _ = relayOf(each)
      await untilListed(each)
      const objects = join(bucket, 'outputs', 'job')
      const found = [...readdirSync(objects), ...readdirSync(join(objects, 'manifest'))]
      expect(found).to.include(`${id}-${row?.id ?? ''}.ndjson`)
      names.push(found)
    }
    // Two objects with the same task, two manifests of the day, and the folder of the manifests.
    expect(names.map(({ length }) => length)).to.deep.equal([3, 5])
    expect(names[1]).to.include.members(names[0] ?? [])
  })
})
