import { expect } from 'chai'
import { settleStep } from '../../../services/adapters/postgres/windows/step-settlement.ts'
import { TestWorker } from '../../support/settled.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'
import { until } from '../../support/until.ts'

describe('The SQL step of a task', function () {
  this.timeout(120_000)
  let database: TaskDatabase

  before(async () => {
    database = await TaskDatabase.create()
  })

  after(() => database[Symbol.asyncDispose]())

  it('is canceled even if steps hold all connections of their pool', async () => {
    const worker = await TestWorker.start(database)
    await database.queue.insert('sleeping', [aTask(1)])
    const [task] = await worker.claim('sleeping')
    if (task === undefined) throw new Error('there is no task')
    const cancel = new AbortController()
    const settled = settleStep(database.poolOf('worker', 1), {
      ...{
        task,
        window: { fromMs: 0, toMs: 1 },
        isComputedBefore: false,
        worker: worker.id,
        cancel: cancel.signal,
        cancelPool: database.pool,
      },
      work: async (client) => {
        await client.query('SELECT pg_sleep(600)')
        return { kind: 'written', rows: 0 }
      },
    }).catch((error: unknown) => error)
    await until('the statement runs', async () => {
      const rows = await database.tenant.sql(
        `SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(600)%' AND pid <> pg_backend_pid()`,
      )
      return rows.length > 0
    })
    cancel.abort()
    // query_canceled
    expect(await settled).to.include({ code: '57014' })
  })
})
