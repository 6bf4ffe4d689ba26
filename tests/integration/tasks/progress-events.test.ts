import { expect } from 'chai'
import type { ClaimedTask } from '../../../services/ledger/tasks/task.ts'
import { completeWith, failedWith, part, someRules, TestWorker } from '../../support/settled.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'
import { declareTasks } from '../../support/task-rows.ts'

type Event = Readonly<Record<string, unknown>>
type Message = {
  readonly topic: string
  readonly id: string
  readonly key: string
  readonly event: Event
}

describe('Progress events of tasks', function () {
  this.timeout(60_000)
  let database: TaskDatabase
  let worker: TestWorker

  before(async () => {
    database = await TaskDatabase.create()
    worker = await TestWorker.start(database)
  })

  after(() => database[Symbol.asyncDispose]())

  const declare = async (name: string, progress?: string) => {
    await declareTasks(database.tenant, name, { kind: 'run', handler: 'add', progress })
  }
  /** The messages of a pipeline, in the order in which they are sent. */
  const messagesOf = async (pipeline: string): Promise<Message[]> => {
    const rows = await database.tenant.sql<Omit<Message, 'event'> & { value: string }>(
      `SELECT topic, message_id AS id, key, value FROM outbox
       WHERE message_id LIKE $1 || ':%' AND topic <> 'errors' ORDER BY outbox.id`,
      [pipeline],
    )
    return rows.map(({ value, ...row }) => ({ ...row, event: JSON.parse(value) as Event }))
  }
  const statesOf = async (pipeline: string) =>
    (await messagesOf(pipeline)).map(({ event }) => event['status'])
  const claimNew = async (pipeline: string): Promise<ClaimedTask> => {
    await database.queue.insert(pipeline, [aTask(Math.random())])
    const [task] = await worker.claim(pipeline, 1)
    if (task === undefined) throw new Error('there is no task')
    return task
  }
  const withoutTime = ({ at, ...event }: Event): Event => {
    expect(String(at)).to.match(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/)
    return event
  }

  it('tell in order that a task was made, runs, advances and is complete, with the rows that it has stored', async () => {
    await declare('followed', 'tracker')
    const task = await claimNew('followed')
    await worker.claims.renew(worker.id, [{ ...task, progress: 0.42 }], 60_000)
    await worker.settle([task], () => completeWith(part('followed', [{ id: 1 }, { id: 2 }])))
    const messages = await messagesOf('followed')
    const job = String(task.id)
    const update = { type: 'job_update', job_id: job, pipeline: 'followed', task: 'add' }
    expect(messages.map(({ event }) => withoutTime(event))).to.deep.equal([
      { ...update, type: 'job_created', status: 'queued', unit: task.unit },
      { ...update, status: 'running', progress: 0, committed: 0, attempt: 1 },
      { ...update, status: 'running', progress: 0.42, committed: 0, attempt: 1 },
      { ...update, status: 'complete', progress: 1, committed: 2, attempt: 1 },
    ])
    expect(messages.map(({ topic, key }) => [topic, key])).to.deep.equal(
      messages.map(() => ['tracker', job]),
    )
    const ids = messages.map(({ id }) => id)
    expect(new Set(ids)).to.have.property('size', 4)
    expect(ids.every((id) => id.startsWith(`followed:${job}:`))).to.equal(true)
  })

  it('are not written for pipelines without the key', async () => {
    await declare('silent')
    const task = await claimNew('silent')
    await worker.claims.renew(worker.id, [{ ...task, progress: 0.5 }], 60_000)
    await worker.settle([task], () => completeWith())
    expect(await messagesOf('silent')).to.deep.equal([])
  })

  it('tell about a failed attempt with its reason, about the retry, and about the failure for good', async () => {
    await declare('failing', 'tracker')
    const first = await claimNew('failing')
    const rules = someRules({ retry: { attempts: 2, firstMs: 0, longestMs: 0 } })
    await worker.settle([first], () => failedWith('too bad'), { rules })
    const [second] = await worker.claim('failing')
    await worker.settle([second as ClaimedTask], () => failedWith('worse'), { rules })
    await database.queue.retry([first.id])
    const [third] = await worker.claim('failing')
    await worker.settle([third as ClaimedTask], () => completeWith())
    const events = (await messagesOf('failing')).map(({ event }) => event)
    expect(events.map(({ status, attempt, detail }) => [status, attempt, detail])).to.deep.equal([
      ['queued', undefined, undefined],
      ['running', 1, undefined],
      ['queued', 1, 'too bad'],
      ['running', 2, undefined],
      ['failed', 2, 'worse'],
      ['queued', 2, undefined],
      ['running', 3, undefined],
      ['complete', 3, undefined],
    ])
  })

  it('tell that a queued task was canceled, and a running one', async () => {
    await declare('canceled', 'tracker')
    const task = await claimNew('canceled')
    await database.queue.cancel(task.id)
    expect(await statesOf('canceled')).to.deep.equal(['queued', 'running'])
    await worker.settle([task], () => ({ kind: 'canceled' }))
    await database.queue.insert('canceled', [aTask(Math.random())])
    const [waiting] = await database.tenant.sql<{ id: number }>(
      `SELECT id::int FROM task WHERE pipeline = 'canceled' AND state = 'queued'`,
    )
    await database.operator.query('UPDATE task SET cancel_requested_at = now() WHERE id = $1', [
      waiting?.id,
    ])
    expect(await statesOf('canceled')).to.deep.equal([
      ...['queued', 'running', 'canceled', 'queued', 'canceled'],
    ])
  })

  it('tell that the task of a lost worker is queued again', async () => {
    await declare('lost', 'tracker')
    const { id } = await claimNew('lost')
    await database.tenant.sql(
      `UPDATE task SET lease_until = now() - interval '1 s' WHERE id = $1`,
      [id],
    )
    await worker.claims.takeBackLost(new Map([['lost', someRules()]]))
    const events = (await messagesOf('lost')).map(({ event }) => event)
    expect(events.map(({ status, code }) => [status, code])).to.deep.equal([
      ['queued', undefined],
      ['running', undefined],
      ['queued', 'worker-lost'],
    ])
  })

  it('are about a hundred for a task that reports its progress 2,000 times', async () => {
    await declare('chatty', 'tracker')
    const task = await claimNew('chatty')
    await database.tenant.sql(
      `DO $$ BEGIN FOR step IN 1..2000 LOOP
         UPDATE task SET progress = step / 2000.0 WHERE id = ${task.id};
       END LOOP; END $$`,
    )
    const messages = await messagesOf('chatty')
    expect(messages).to.have.length(2 + 100)
    expect(messages.at(-1)?.event).to.include({ status: 'running', progress: 1 })
  })

  it('are written for tasks of the dashboard and of messages, and not with a transaction that is rolled back', async () => {
    await declare('made', 'tracker')
    const insert = `INSERT INTO task (pipeline, unit, method, params) SELECT 'made', 'api:' || n, 'add', '{}'
      FROM generate_series(1, 3) AS n`
    await database.operator.query(`BEGIN; ${insert}; ROLLBACK`)
    expect(await messagesOf('made')).to.deep.equal([])
    await database.operator.query(insert)
    expect((await messagesOf('made')).map(({ event }) => event['unit'])).to.deep.equal([
      ...['api:1', 'api:2', 'api:3'],
    ])
  })
})
