import { expect } from 'chai'
import pg from 'pg'
import { retireTasks } from '../../../services/adapters/postgres/tasks/retire-tasks.ts'
import { sqlStatement } from '../../../services/adapters/postgres/sql-file.ts'
import { missingTasks } from '../../../services/ledger/tasks/task-account.ts'
import { completeWith, failedWith, part, someRules, TestWorker } from '../../support/settled.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'
import { until } from '../../support/until.ts'

describe('Leases of tasks', function () {
  this.timeout(60_000)
  let database: TaskDatabase
  let worker: TestWorker
  let other: TestWorker

  before(async () => {
    database = await TaskDatabase.create()
    worker = await TestWorker.start(database)
    other = await TestWorker.start(database)
  })

  after(() => database[Symbol.asyncDispose]())

  const claimNew = async (pipeline: string, leaseMs = 60_000) => {
    await database.queue.insert(pipeline, [aTask(Math.random())])
    const [task] = await worker.claim(pipeline, 1, leaseMs)
    if (task === undefined) throw new Error('there is no task')
    return task
  }
  const expire = (id: number) =>
    database.tenant.sql(`UPDATE task SET lease_until = now() - interval '1 s' WHERE id = $1`, [id])
  const takeBack = (pipeline: string, attempts = 3) => {
    const retry = { attempts, firstMs: 0, longestMs: 0 }
    return other.claims.takeBackLost(new Map([[pipeline, someRules({ retry })]]))
  }

  it('a task of a lost worker runs again when its lease has ended, and not before', async () => {
    const task = await claimNew('lost', 300)
    expect(await takeBack('lost')).to.deep.equal([])
    const [taken] = await until('the lease has ended', async () => {
      const lost = await takeBack('lost')
      return lost.length > 0 && lost
    })
    expect(taken).to.deep.include({ task, worker: worker.id, state: 'queued' })
    const [again] = await other.claim('lost')
    expect(again).to.include({ id: task.id, attempt: 2 })
    const [late] = await worker.settle([task], () => completeWith(part('late', [{ id: 1 }])))
    expect(late?.state).to.equal('stale')
  })

  it('a lost task without attempts left fails as worker-lost, with one error', async () => {
    const task = await claimNew('used-up')
    await expire(task.id)
    const [taken] = await takeBack('used-up', 1)
    expect(taken?.state).to.equal('failed')
    expect(await database.reader.find(task.id)).to.include({ state: 'failed', code: 'worker-lost' })
    const messages = await database.tenant.sql<{ value: string }>(
      `SELECT value FROM outbox WHERE message_id LIKE 'used-up:%'`,
    )
    expect(messages.map(({ value }) => (JSON.parse(value) as { code: string }).code)).to.deep.equal(
      ['worker-lost'],
    )
  })

  it('an attempt that is settled already is ended, and is not reported as lost', async () => {
    const task = await claimNew('settled')
    // As if the worker had not received the answer to this COMMIT.
    await worker.settle([task], () => completeWith())
    const renewal = await worker.claims.renew(worker.id, [{ ...task, logLines: ['late'] }], 60_000)
    expect(renewal).to.deep.equal({ lost: [], cancelRequested: [task.id] })
    expect((await database.reader.find(task.id))?.logLines).to.deep.equal([])
    const [again] = await worker.settle([task], () => ({ kind: 'canceled' }))
    expect(again?.state).to.equal('complete')
  })

  it('an attempt that was taken back is reported as lost, also if its task has failed meanwhile', async () => {
    const task = await claimNew('taken')
    await expire(task.id)
    await takeBack('taken', 1)
    expect((await database.reader.find(task.id))?.state).to.equal('failed')
    const renewal = await worker.claims.renew(worker.id, [task], 60_000)
    expect(renewal).to.deep.equal({ lost: [task.id], cancelRequested: [] })
    const [settled] = await worker.settle([task], () => completeWith())
    expect(settled?.state).to.equal('stale')
  })

  it('a renewal extends the lease, stores progress and log lines, and names lost and canceled tasks', async () => {
    const [kept, lost, canceled] = [
      await claimNew('renew', 1_000),
      await claimNew('renew'),
      await claimNew('renew'),
    ]
    await expire(lost.id)
    await takeBack('renew')
    await database.queue.cancel(canceled.id)
    const renewal = await worker.claims.renew(
      worker.id,
      [{ ...kept, progress: 0.5, logLines: ['a', 'b\0'] }, lost, canceled],
      60_000,
    )
    expect(renewal).to.deep.equal({ lost: [lost.id], cancelRequested: [canceled.id] })
    const found = await database.reader.find(kept.id)
    expect(found).to.deep.include({ progress: 0.5, logLines: ['a', 'b\\0'] })
    expect(Number(found?.leaseUntil)).to.be.above(Date.now() + 30_000)
    await worker.claims.renew(worker.id, [kept], 60_000)
    expect(await database.reader.find(kept.id)).to.include({ progress: 0.5 })
  })

  /** A session that has locked and changed a task, as a settlement does before it commits. */
  const settling = async (id: number): Promise<pg.Client> => {
    const session = new pg.Client(database.settingsOf('worker'))
    session.on('error', () => undefined)
    await session.connect()
    const lock = `pg_advisory_xact_lock(${sqlStatement('settlement-lock')} + ${id})`
    await session.query(`BEGIN; SELECT ${lock}`)
    await session.query(`UPDATE task SET rows = 1 WHERE id = ${id}`)
    return session
  }

  it('ends the session of a lost worker that still settles the task, and only that', async () => {
    const [frozen, healthy] = [await claimNew('frozen'), await claimNew('frozen')]
    await expire(frozen.id)
    const [stuck, working] = [await settling(frozen.id), await settling(healthy.id)]
    await until('the task is taken back', async () => (await takeBack('frozen')).length === 1)
    const failure: unknown = await stuck.query('COMMIT').catch((error: unknown) => error)
    expect(failure).to.be.instanceOf(Error)
    await working.query('COMMIT')
    await working.end()
    expect(await database.reader.find(healthy.id)).to.include({ state: 'running', rows: 1 })
  })

  it('ends the session in which a lost worker completes tasks together, and stores nothing of them', async () => {
    await database.tenant.sql(`CREATE TABLE data.frozen (id int);
      ALTER TABLE data.frozen OWNER TO telemetry_worker;
      CREATE FUNCTION wait_long() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN PERFORM pg_sleep(50); RETURN NEW; END $$;
      CREATE TRIGGER wait_long BEFORE INSERT ON data.frozen FOR EACH ROW EXECUTE FUNCTION wait_long()`)
    const tasks = [await claimNew('frozen-together'), await claimNew('frozen-together')]
    const lock = `${sqlStatement('worker-lock')} + ${worker.id}`
    const holders = () =>
      database.tenant.sql(`SELECT pid FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
        AND ((classid::bigint << 32) | objid::bigint) = ${lock}`)
    const settled = worker
      .settle(tasks, (_, id) => completeWith(part('frozen', [{ id }])))
      .catch((error: unknown) => error)
    await until('the worker settles', async () => (await holders()).length === 1)
    await expire(tasks[0]?.id ?? 0)
    expect(await takeBack('frozen-together')).to.have.length(1)
    expect(await settled).to.be.instanceOf(Error)
    await until('the session has ended', async () => (await holders()).length === 0)
    expect(await database.tenant.sql('SELECT id FROM data.frozen')).to.deep.equal([])
    expect(await database.reader.find(tasks[1]?.id ?? 0)).to.include({ state: 'running' })
  })

  it('takes back lost tasks while a session holds the lock with the lowest number', async () => {
    const task = await claimNew('beside-other-locks')
    await expire(task.id)
    const holder = await database.pool.connect()
    try {
      await holder.query('SELECT pg_advisory_lock(-9223372036854775808)')
      expect(await takeBack('beside-other-locks')).to.have.length(1)
    } finally {
      holder.release(true)
    }
  })

  it('deletes tasks that ended long ago, and counts them as retired', async () => {
    const [old, recent] = [await claimNew('retire'), await claimNew('retire')]
    await worker.settle(
      [old, recent],
      (_, index) => (index === 0 ? completeWith() : failedWith('x')),
      {
        rules: someRules({ retry: { attempts: 1, firstMs: 0, longestMs: 0 } }),
        logLines: ['a line'],
      },
    )
    await database.tenant.sql(
      `UPDATE task SET ended_at = now() - interval '8 days' WHERE id = $1`,
      [old.id],
    )
    const { signal } = new AbortController()
    expect(await retireTasks(database.pool, 7 * 86_400_000, signal)).to.equal(1)
    expect(await database.reader.find(old.id)).to.equal(undefined)
    const account = await database.reader.account('retire')
    expect(account).to.include({ made: 2, failed: 1, retired: 1 })
    expect(missingTasks(account)).to.equal(0)
  })
})
