import { expect } from 'chai'
import pg from 'pg'
import type { RunnablePipeline } from '../../../services/tasks/runner/task-interfaces.ts'
import { TaskRunner } from '../../../services/tasks/runner/task-runner.ts'
import { taskTableOf } from '../../../services/worker/tasks/task-table.ts'
import { captureLog } from '../../support/captured-log.ts'
import { completeWith, failedWith, part, someRules, TestWorker } from '../../support/settled.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'
import { until } from '../../support/until.ts'

describe('Settling tasks while another session holds locks', function () {
  this.timeout(120_000)
  let database: TaskDatabase
  const sessions: pg.Client[] = []

  before(async () => {
    database = await TaskDatabase.create()
    await database.tenant.sql(
      ['locked', 'open', 'keyed']
        .map(
          (name) => `CREATE TABLE data.${name} (id int PRIMARY KEY, version int);
          ALTER TABLE data.${name} OWNER TO telemetry_worker`,
        )
        .join(';'),
    )
  })

  after(async () => {
    for (const session of sessions) await session.end()
    await database[Symbol.asyncDispose]()
  })

  const add = (pipeline: string, count: number) =>
    database.queue.insert(
      pipeline,
      Array.from({ length: count }, (_, index) => aTask(index)),
    )
  /** A session with an open transaction that holds what the statement locks. */
  const hold = async (statement: string): Promise<pg.Client> => {
    const session = new pg.Client(database.settingsOf('worker'))
    sessions.push(session)
    await session.connect()
    await session.query(`BEGIN; ${statement}`)
    return session
  }
  const rowsOf = async (table: string, leastId = 0) => {
    const counted = `SELECT count(*)::int AS rows FROM data.${table} WHERE id >= ${leastId}`
    return (await database.tenant.sql<{ rows: number }>(counted))[0]?.rows
  }

  it('a locked table delays only the tasks of the batch that write it', async () => {
    const worker = await TestWorker.start(database)
    await add('tables', 9)
    const tasks = await worker.claim('tables')
    const outcomeOf = (_: unknown, index: number) => {
      if (index % 3 === 0) return failedWith('no fuel')
      return completeWith(part(index % 3 === 1 ? 'locked' : 'open', [{ id: index }]))
    }
    const session = await hold('LOCK TABLE data.locked')
    const settled = await worker.settle(tasks, outcomeOf)
    expect(settled.map(({ state }) => state).sort()).to.deep.equal([
      ...['complete', 'complete', 'complete', 'queued', 'queued', 'queued'],
    ])
    expect(await rowsOf('open')).to.equal(3)
    await session.query('COMMIT')
    const again = await worker.settle(tasks, outcomeOf)
    expect(again.filter(({ state }) => state === 'complete')).to.have.length(6)
    expect(await rowsOf('locked')).to.equal(3)
  })

  it('a locked row delays only the task that writes it, and not other tasks of its table', async () => {
    const worker = await TestWorker.start(database)
    await database.tenant.sql('INSERT INTO data.keyed VALUES (5, 0)')
    await add('rows', 32)
    const tasks = await worker.claim('rows')
    const table = { name: 'keyed', key: ['id'], onConflict: { kind: 'update' } } as const
    const rules = someRules({ to: { kind: 'table', table } })
    const outcomeOf = (_: unknown, id: number) => completeWith(part('keyed', [{ id, version: 1 }]))
    const session = await hold('UPDATE data.keyed SET version = 2 WHERE id = 5')
    const settled = await worker.settle(tasks, outcomeOf, { rules })
    expect(settled).to.have.length(31)
    expect(settled.map(({ id }) => id)).to.not.include(tasks[5]?.id)
    await session.query('COMMIT')
    await worker.settle(tasks, outcomeOf, { rules })
    expect(await rowsOf('keyed')).to.equal(32)
  })

  it('a worker settles other tasks while a table is locked, keeps the leases of the locked ones, warns, and settles them once', async () => {
    const worker = await database.addWorker('worker-lanes')
    const pool = database.poolOf('worker', 2)
    const settlementPool = database.poolOf('worker', 3, { isPipelined: true })
    const toPipeline = (name: string): RunnablePipeline => ({
      ...{ name, concurrency: 4, rules: someRules(), hasQueue: false },
      run: (task) =>
        Promise.resolve(completeWith(part(name, [{ id: 1_000 + Number(task.unit.slice(4)) }]))),
    })
    const session = await hold('LOCK TABLE data.locked')
    await add('locked', 50)
    const log = captureLog()
    await using _runner = new TaskRunner({
      table: taskTableOf({ pool, settlementPool, worker: () => worker }),
      pipelines: () => [toPipeline('locked'), toPipeline('open')],
      logger: log.logger,
      ...{ intervalMs: 100, renewMs: 200, drainMs: 500 },
    })
    const running = async () =>
      database.reader.list({ pipeline: 'locked', state: 'running', limit: 99 })
    await until('a task waits for the table', async () => (await running()).length > 0)
    await add('open', 500)
    await until('the others are complete', async () => (await rowsOf('open', 1_000)) === 500)
    const [waiting] = await running()
    expect(waiting).to.include({ attempt: 1 })
    const leaseOf = async () => Number((await database.reader.find(waiting?.id ?? 0))?.leaseUntil)
    const lease = await leaseOf()
    await until('the lease is renewed', async () => (await leaseOf()) > lease)
    const warnings = log.lines.filter(({ event }) => event === 'tasks-not-settled')
    expect(warnings[0]).to.deep.include({ level: 'warn', pipelines: ['locked'] })
    await session.query('COMMIT')
    await until('the locked ones are complete', async () => (await rowsOf('locked', 1_000)) === 50)
    const attempts = await database.tenant.sql(
      `SELECT DISTINCT attempt FROM task WHERE pipeline IN ('locked', 'open')`,
    )
    expect(attempts).to.deep.equal([{ attempt: 1 }])
  })
})
