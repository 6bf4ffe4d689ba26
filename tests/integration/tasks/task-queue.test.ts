import { expect } from 'chai'
import pg from 'pg'
import { TaskQueue } from '../../../services/adapters/postgres/tasks/task-queue.ts'
import { TaskReader } from '../../../services/adapters/postgres/tasks/task-reader.ts'
import { taskChannels } from '../../../services/ledger/tasks/channels.ts'
import { missingTasks } from '../../../services/ledger/tasks/task-account.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'
import { until } from '../../support/until.ts'

describe('The queue of tasks', function () {
  this.timeout(60_000)
  let database: TaskDatabase
  let operator: TaskQueue

  before(async () => {
    database = await TaskDatabase.create()
    operator = new TaskQueue(database.operator)
  })

  after(() => database[Symbol.asyncDispose]())

  const stateOf = async (id: number) => (await database.reader.find(id))?.state
  const setState = (id: number, change: string) =>
    database.tenant.sql(`UPDATE task SET ${change} WHERE id = $1`, [id])
  const running = `state = 'running', worker = 1, attempt = 1, lease_until = now() + interval '1 min'`
  const failed = `state = 'failed', lease_until = NULL, ended_at = now(), code = 'threw', detail = 'x'`

  const idsOf = (made: readonly { id: number }[]) => made.map(({ id }) => id)

  it('makes one task a unit, and returns the same task for the same unit again', async () => {
    const first = await operator.insert('one', [aTask(1), aTask(2)])
    const again = await operator.insert('one', [aTask(2), aTask(3)])
    expect(first.map(({ isNew }) => isNew)).to.deep.equal([true, true])
    expect(again.map(({ isNew }) => isNew)).to.deep.equal([false, true])
    expect(again[0]?.id).to.equal(first[1]?.id)
    const [elsewhere] = await operator.insert('other', [aTask(2)])
    expect(elsewhere?.isNew).to.equal(true)
  })

  it('keeps the parameters as they were written, with all digits of their numbers', async () => {
    const params = '{ "id": 12345678901234567890.10, "id": 2 }'
    const [made] = await operator.insert('exact', [aTask(1, { params })])
    expect((await database.reader.find(made?.id ?? 0))?.params).to.equal(params)
  })

  it('lists tasks by pipeline and state, the newest first, page by page', async () => {
    const made = await operator.insert('list', [aTask(1), aTask(2), aTask(3)])
    const ids = made.map(({ id }) => id).reverse()
    const reader = new TaskReader(database.poolOf('reader', 1))
    const page = await reader.list({ pipeline: 'list', state: 'queued', limit: 2 })
    expect(page.map(({ id }) => id)).to.deep.equal(ids.slice(0, 2))
    const next = await reader.list({ pipeline: 'list', before: page[1]?.id, limit: 2 })
    expect(next.map(({ id }) => id)).to.deep.equal(ids.slice(2))
    expect(await reader.list({ pipeline: 'list', state: 'failed', limit: 2 })).to.deep.equal([])
  })

  it('a cancel request cancels a queued task at once, and only marks a running one', async () => {
    const [queued = 0, busy = 0] = idsOf(await operator.insert('cancel', [aTask(1), aTask(2)]))
    await setState(busy, running)
    expect(await operator.cancel(queued)).to.deep.equal({ kind: 'canceled' })
    expect(await operator.cancel(busy)).to.deep.equal({ kind: 'requested' })
    expect(await operator.cancel(0)).to.equal(undefined)
    expect(await database.reader.find(queued)).to.include({ state: 'canceled' })
    const marked = await database.reader.find(busy)
    expect(marked).to.include({ state: 'running' })
    expect(marked?.cancelRequestedAt).to.be.instanceOf(Date)
  })

  it('a cancel request leaves an ended task as it is', async () => {
    const [task] = await operator.insert('cancel', [aTask(3)])
    const id = task?.id ?? 0
    await setState(id, failed)
    expect(await operator.cancel(id)).to.deep.equal({ kind: 'ended', state: 'failed' })
    expect(await database.reader.find(id)).to.include({ state: 'failed', cancelRequestedAt: null })
  })

  it('a retry queues failed and canceled tasks again, and leaves complete ones', async () => {
    const made = await operator.insert('retry', [aTask(1), aTask(2), aTask(3)])
    const [first = 0, second = 0, third = 0] = made.map(({ id }) => id)
    await setState(first, failed)
    await operator.cancel(second)
    await setState(third, `state = 'complete', ended_at = now()`)
    const queued = await operator.retry([first, second, third])
    expect(queued.sort()).to.deep.equal([first, second])
    expect(await database.reader.find(first)).to.include({ state: 'queued', code: null })
    expect(await stateOf(third)).to.equal('complete')
  })

  it('retries all failed tasks of one pipeline', async () => {
    for (const pipeline of ['bulk', 'bulk-2']) {
      const made = await operator.insert(pipeline, [aTask(1), aTask(2)])
      for (const { id } of made) await setState(id, failed)
    }
    expect(await operator.retryAll({ pipeline: 'bulk', state: 'failed' })).to.equal(2)
    expect(await operator.retryAll({ pipeline: 'bulk', state: 'failed' })).to.equal(0)
    const left = await database.reader.list({ pipeline: 'bulk-2', state: 'failed', limit: 9 })
    expect(left).to.have.length(2)
  })

  it('the account of a pipeline balances, and shows a task that was deleted by hand', async () => {
    const made = await operator.insert('account', [aTask(1), aTask(2), aTask(3)])
    await operator.cancel(made[0]?.id ?? 0)
    const account = await database.reader.account('account')
    expect(account).to.include({ made: 3, queued: 2, canceled: 1 })
    expect(missingTasks(account)).to.equal(0)
    await database.tenant.sql('DELETE FROM task WHERE id = $1', [made[1]?.id])
    expect(missingTasks(await database.reader.account('account'))).to.equal(1)
    const names = (await database.reader.accounts()).map(({ pipeline }) => pipeline)
    expect(names).to.include.members(['account', 'bulk'])
  })

  it('new tasks, retries, cancel requests and messages notify workers', async () => {
    const listener = new pg.Client(database.settingsOf('worker'))
    await listener.connect()
    const heard: string[] = []
    listener.on('notification', ({ channel }) => heard.push(channel))
    for (const channel of Object.values(taskChannels)) await listener.query(`LISTEN ${channel}`)
    const untilHeard = (...expected: string[]) =>
      until('the notifications have arrived', () => expected.join() === heard.join())
    const { queued, cancelRequested, outbox } = taskChannels
    const [task = 0] = idsOf(await operator.insert('notify', [aTask(1)]))
    await untilHeard(queued)
    await operator.cancel(task)
    await untilHeard(queued, cancelRequested)
    heard.length = 0
    await operator.retry([task])
    await until('the retry has notified', () => heard.includes(queued))
    heard.length = 0
    await database.pool.query(
      `INSERT INTO outbox (topic, message_id, value) VALUES ('t', 'm', 'v')`,
    )
    await untilHeard(outbox)
    await listener.end()
  })

  it('the role of the dashboard may not write other columns of tasks', async () => {
    const refused = [
      `UPDATE task SET state = 'queued'`,
      `INSERT INTO task (pipeline, unit, method, params, state) VALUES ('p', 'u', 'm', '1', 'complete')`,
      'DELETE FROM task',
      'SELECT params FROM task',
      'INSERT INTO worker (name, ip, host, pid) VALUES (1, 1, 1, 1)',
      `INSERT INTO outbox (topic, message_id, value) VALUES ('t', 'm', 'v')`,
      'UPDATE task_count SET made = 0',
    ]
    for (const statement of refused) {
      const error: unknown = await database.operator.query(statement).catch((each: unknown) => each)
      expect(error, statement).to.include({ code: '42501' })
    }
  })

  it('a worker that has not reported for 15 s is lost, unless it has stopped', async () => {
    const [lost, stopped, busy] = [
      await database.addWorker(),
      await database.addWorker('b'),
      await database.addWorker('c'),
    ]
    await database.workers.stop(stopped)
    await database.tenant.sql(
      `UPDATE worker SET last_seen_at = now() - interval '16 s' WHERE id <> $1`,
      [busy],
    )
    const states = (await database.workers.list()).map(({ id, state }) => [id, state])
    expect(states).to.deep.equal([
      [busy, 'running'],
      [stopped, 'stopped'],
      [lost, 'lost'],
    ])
    expect(await database.workers.report(busy, true)).to.equal(true)
    expect(await database.workers.find(busy)).to.include({ state: 'draining', totalProcessed: 0 })
    expect(await database.workers.find(0)).to.equal(undefined)
  })
})
