import { expect } from 'chai'
import pg from 'pg'
import type { SettledTask } from '../../../services/ledger/tasks/settlement.ts'
import { completeWith, part, someRules, TestWorker } from '../../support/settled.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'
import { until } from '../../support/until.ts'

describe('Settling tasks at the same time as others', function () {
  this.timeout(120_000)
  let database: TaskDatabase

  before(async () => {
    database = await TaskDatabase.create()
  })

  after(() => database[Symbol.asyncDispose]())

  const add = (pipeline: string, count: number, first = 0) =>
    database.queue.insert(
      pipeline,
      Array.from({ length: count }, (_, index) => aTask(first + index)),
    )

  it('readers see the old or the new content of a table that is replaced, never none', async () => {
    const rules = someRules()
    const rowsOf = (version: number) => Array.from({ length: 50 }, (_, id) => ({ id, version }))
    const workers = [await TestWorker.start(database), await TestWorker.start(database)]
    await add('refresh', 41)
    const [first] = (await workers[0]?.claim('refresh', 1)) ?? []
    if (first === undefined) throw new Error('there is no task')
    await workers[0]?.settle([first], () => completeWith(part('fresh', rowsOf(0), true)), { rules })
    const reader = new pg.Client(database.settingsOf('reader'))
    await reader.connect()
    await reader.query('BEGIN ISOLATION LEVEL REPEATABLE READ')
    const count = async (client: Pick<pg.Client, 'query'>) =>
      (
        await client.query<{ seen: string }>(
          `SELECT count(*) || ' of ' || count(DISTINCT version) AS seen FROM data.fresh`,
        )
      ).rows[0]?.seen
    expect(await count(reader)).to.equal('50 of 1')
    const seen = new Set<string | undefined>()
    const readers = { areDone: false }
    const reading = (async () => {
      while (!readers.areDone) seen.add(await count(database.pool))
    })()
    const refreshAll = async (worker: TestWorker) => {
      for (;;) {
        const [task] = await worker.claim('refresh', 1)
        if (task === undefined) return
        const rows = rowsOf(task.id)
        await worker.settle(
          [task],
          () => completeWith(part('fresh', rows.slice(0, 20), true), part('fresh', rows.slice(20))),
          { rules },
        )
      }
    }
    await Promise.all(workers.map(refreshAll))
    readers.areDone = true
    await reading
    expect([...seen]).to.deep.equal(['50 of 1'])
    expect(await count(reader)).to.equal('50 of 1')
    await reader.end()
    expect((await database.reader.account('refresh')).complete).to.equal(41)
  })

  it('stores a result of several megabytes part by part, and nothing of it if one row is refused', async () => {
    const worker = await TestWorker.start(database)
    await add('large', 2)
    const tasks = await worker.claim('large')
    const text = 'x'.repeat(1_000)
    const parts = (bad: boolean) =>
      Array.from({ length: 10 }, (_, index) =>
        part(
          'large',
          Array.from({ length: 300 }, (__, row) => ({
            index,
            row,
            text: bad && index === 9 ? '\0' : text,
          })),
        ),
      )
    const settled = await worker.settle(tasks, (_, index) => completeWith(...parts(index === 1)))
    expect(settled.map(({ state, fault }) => [state, fault?.code])).to.deep.equal([
      ['complete', undefined],
      ['queued', 'refused-by-database'],
    ])
    const [row] = await database.tenant.sql('SELECT count(*)::int AS rows FROM data.large')
    expect(row).to.deep.equal({ rows: 3_000 })
  })

  it('stores the effects of at least 5,000 tasks once each while the sessions of workers are ended at random', async () => {
    const leastTasks = 5_000
    const leastKills = 20
    let count = leastTasks
    await add('killed', count)
    const rules = new Map([
      ['killed', someRules({ retry: { attempts: 1_000, firstMs: 0, longestMs: 0 } })],
    ])
    await database.tenant.sql(
      'CREATE TABLE data.effect (task bigint NOT NULL); ALTER TABLE data.effect OWNER TO telemetry_worker',
    )
    let kills = 0
    let isDone = false
    const kill = async () => {
      while (!isDone) {
        const killed = await database.tenant.sql(
          `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
           WHERE datname = current_database() AND application_name = 'test worker' AND state <> 'idle' AND random() < 0.5`,
        )
        kills += killed.length
        await until('the next moment', () => Math.random() < 0.3)
      }
    }
    const runWorker = async () => {
      const pool = database.poolOf('worker', 2, { isPipelined: true })
      const worker = await untilDone(() => TestWorker.start(database, pool))
      while (!isDone) {
        await worker.claims.takeBackLost(rules).catch(() => [])
        const tasks = await worker.claim('killed', 100, 2_000).catch(() => [])
        let open = tasks
        for (let tries = 0; open.length > 0 && tries < 5; tries += 1) {
          const settled: SettledTask[] = await worker
            .settle(open, ({ id }) => completeWith(part('effect', [{ task: id }])))
            .catch(() => [])
          const ids = new Set(settled.map(({ id }) => id))
          open = open.filter(({ id }) => !ids.has(id))
        }
      }
    }
    const watch = async () => {
      await until(
        'all tasks are complete',
        async () => {
          const [row] = await database.tenant.sql<{ done: number }>(
            `SELECT count(*)::int AS done FROM task WHERE pipeline = 'killed' AND state = 'complete'`,
          )
          if (row?.done !== count) return false
          if (kills >= leastKills) return true
          // The workers were faster than the kills: give them more work.
          await add('killed', 1_000, count)
          count += 1_000
          return false
        },
        100,
      ).finally(() => {
        isDone = true
      })
    }
    await Promise.all([watch(), kill(), runWorker(), runWorker(), runWorker()])
    const [effects] = await database.tenant.sql(
      'SELECT count(*)::int AS rows, count(DISTINCT task)::int AS tasks FROM data.effect',
    )
    expect(effects).to.deep.equal({ rows: count, tasks: count })
    expect(kills).to.be.at.least(leastKills)
  })
})

/** Repeats the work until it succeeds: the test ends sessions. */
function untilDone<T extends object>(work: () => Promise<T>): Promise<T> {
  return until('the database answers', work)
}
