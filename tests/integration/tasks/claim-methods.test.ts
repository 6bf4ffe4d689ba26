import { expect } from 'chai'
import { sqlStatement } from '../../../services/adapters/postgres/sql-file.ts'
import { ClaimStore } from '../../../services/adapters/postgres/tasks/claim-store.ts'
import { TestWorker } from '../../support/settled.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'

type Plan = {
  readonly 'Rows Removed by Filter'?: number
  readonly 'Actual Rows'?: number
  readonly 'Actual Loops'?: number
  readonly Plans?: readonly Plan[]
}

/** Waiting tasks of handlers that the worker does not have. */
const foreignTasks = Number(process.env['FOREIGN_TASKS'] ?? 20_000)

describe('A worker that has only some handlers', function () {
  this.timeout(240_000)
  let database: TaskDatabase
  let worker: TestWorker

  before(async () => {
    database = await TaskDatabase.create()
    worker = await TestWorker.start(database)
    await database.tenant.sql(
      `INSERT INTO task (pipeline, unit, method, params, run_after)
       SELECT 'mixed', 'foreign-' || n, 'foreign_' || n % 3, '{}', now() - interval '1 hour'
       FROM generate_series(1, $1::int) AS n`,
      [foreignTasks],
    )
    await database.tenant.sql('ANALYZE task')
  })
  after(() => database[Symbol.asyncDispose]())

  const valuesOf = (methods: readonly string[] | null) => [
    ...[worker.id, ['mixed'], [10], 10_000, [methods && JSON.stringify(methods)]],
  ]
  /** Rows that the claim reads, and how long it takes; nothing is claimed. */
  const explain = async (methods: readonly string[] | null) => {
    const client = await database.pool.connect()
    try {
      await client.query('BEGIN')
      const { rows } = await client.query<{
        'QUERY PLAN': [{ Plan: Plan; 'Execution Time': number }]
      }>(`EXPLAIN (ANALYZE, FORMAT JSON) ${sqlStatement('claim-tasks')}`, valuesOf(methods))
      const [{ Plan: plan, 'Execution Time': ms }] =
        rows[0]?.['QUERY PLAN'] ?? expect.fail('no plan')
      return { read: mostRowsOf(plan), ms }
    } finally {
      await client.query('ROLLBACK')
      client.release()
    }
  }

  it('does not read the waiting tasks of other handlers to find its tasks, or that there are none', async () => {
    const none = await explain(['own', 'another'])
    await database.queue.insert(
      'mixed',
      [1, 2, 3].map((n) => aTask(n, { method: 'own' })),
    )
    const some = await explain(['own', 'another'])
    const all = await explain(null)
    for (const each of [none, some, all])
      expect(each.read, `${Math.round(each.ms)} ms`).to.be.lessThan(200)
  })

  it('claims the tasks of its handlers in the order in which they became due', async () => {
    await database.tenant.sql("DELETE FROM task WHERE method IN ('own', 'another')")
    const methods = ['own', 'another', 'own', 'another', 'own']
    for (const [n, method] of methods.entries())
      await database.queue.insert('mixed', [aTask(100 + n, { method })])
    const claim = async (limit: number) => {
      const claimed = await new ClaimStore(database.pool).claim({
        ...{ worker: worker.id, leaseMs: 60_000 },
        pipelines: [{ name: 'mixed', limit, methods: ['another', 'own'] }],
      })
      return claimed.map(({ method }) => method)
    }
    expect(await claim(3)).to.deep.equal(methods.slice(0, 3))
    expect(await claim(10)).to.deep.equal(methods.slice(3))
    expect(await claim(10)).to.deep.equal([])
  })
})

/** The largest number of rows that one node has read. */
function mostRowsOf(plan: Plan): number {
  const own =
    ((plan['Rows Removed by Filter'] ?? 0) + (plan['Actual Rows'] ?? 0)) *
    (plan['Actual Loops'] ?? 1)
  return Math.max(own, ...(plan.Plans ?? []).map(mostRowsOf))
}
