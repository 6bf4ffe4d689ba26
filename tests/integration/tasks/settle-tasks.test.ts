import { expect } from 'chai'
import type { TaskResult } from '../../../services/ledger/tasks/task.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'
import { completeWith, failedWith, part, someRules, TestWorker } from '../../support/settled.ts'

describe('Settling tasks', function () {
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

  const add = (pipeline: string, count: number) =>
    database.queue.insert(
      pipeline,
      Array.from({ length: count }, (_, index) => aTask(index)),
    )
  const find = (id: number) => database.reader.find(id)
  const sql = <Row extends object>(text: string, values: unknown[] = []) =>
    database.tenant.sql<Row & Record<string, unknown>>(text, values)
  const claimOne = async (pipeline: string, by = worker) => {
    const [task] = await by.claim(pipeline, 1)
    if (task === undefined) throw new Error('there is no task')
    return task
  }

  it('tasks are claimed once each by two workers, those due for longest first', async () => {
    await add('claim', 100)
    const [left, right] = await Promise.all([worker.claim('claim', 60), other.claim('claim', 60)])
    const ids = [...left, ...right].map(({ id }) => id)
    expect(new Set(ids)).to.have.property('size', 100)
    expect(left.map(({ id }) => id)).to.deep.equal(left.map(({ id }) => id).sort((a, b) => a - b))
    expect(left[0]).to.include({ attempt: 1, method: 'add', transactionKey: null })
  })

  it('an attempt whose task another worker has taken stores nothing', async () => {
    await add('stale', 2)
    const [lost, kept] = await worker.claim('stale')
    if (lost === undefined || kept === undefined) throw new Error('there are no tasks')
    await sql(`UPDATE task SET worker = $2, attempt = 2 WHERE id = $1`, [lost.id, other.id])
    const settled = await worker.settle([lost, kept], (task) =>
      completeWith(part('stale', [{ id: task.id }])),
    )
    expect(new Map(settled.map(({ id, state }) => [id, state]))).to.deep.equal(
      new Map([
        [lost.id, 'stale'],
        [kept.id, 'complete'],
      ]),
    )
    expect(await sql('SELECT id::int FROM data.stale')).to.deep.equal([{ id: kept.id }])
  })

  it('settling an attempt again keeps its state and stores its rows once', async () => {
    await add('again', 1)
    const task = await claimOne('again')
    const settle = (by: TestWorker) =>
      by.settle([task], () => completeWith(part('again', [{ id: task.id }])))
    const both = await Promise.all([settle(worker), settle(worker), settle(other)])
    expect(both.flat().map(({ state }) => state)).to.deep.equal(['complete', 'complete', 'stale'])
    expect(await sql('SELECT id::int FROM data.again')).to.have.length(1)
  })

  it('a failed attempt is tried again until its attempts are used up; then one error is sent', async () => {
    await add('retry', 1)
    const rules = someRules({ retry: { attempts: 2, firstMs: 0, longestMs: 0 }, topic: 'source' })
    for (const expected of ['queued', 'failed']) {
      const task = await claimOne('retry')
      const [settled] = await worker.settle([task], () => failedWith('no fuel'), {
        rules,
        logLines: ['one', 'two'],
      })
      expect(settled).to.include({ state: expected })
    }
    const [task] = await database.reader.list({ pipeline: 'retry', limit: 1 })
    expect(task).to.include({ state: 'failed', attempt: 2, code: 'threw', detail: 'no fuel' })
    expect((await find(task?.id ?? 0))?.logLines).to.deep.equal(['one', 'two'])
    const messages = await sql<{ value: string }>(
      `SELECT value FROM outbox WHERE message_id LIKE 'retry:%'`,
    )
    expect(messages).to.have.length(1)
    const envelope = JSON.parse(messages[0]?.value ?? '') as Record<string, unknown>
    expect(envelope).to.include({
      pipeline: 'retry',
      topic: 'source',
      method: 'add',
      attempt: 2,
      code: 'threw',
    })
    expect(envelope).to.include({ message: 'no fuel', worker: worker.id })
  })

  it('a retry by a user gives the task all its attempts again', async () => {
    await add('retried', 1)
    const rules = someRules({ retry: { attempts: 1, firstMs: 0, longestMs: 0 } })
    for (const attempt of [1, 2]) {
      const task = await claimOne('retried')
      expect(task.attempt).to.equal(attempt)
      const [settled] = await worker.settle([task], () => failedWith('x'), { rules })
      expect(settled?.state).to.equal('failed')
      expect(await database.queue.retry([task.id])).to.deep.equal([task.id])
    }
  })

  it('an attempt that a stopping worker gives back does not count', async () => {
    await add('back', 1)
    const rules = someRules({ retry: { attempts: 1, firstMs: 0, longestMs: 0 } })
    for (let round = 0; round < 3; round += 1) {
      const [settled] = await worker.settle(
        [await claimOne('back')],
        () => ({ kind: 'given-back' }),
        { rules },
      )
      expect(settled?.state).to.equal('queued')
    }
    const [failed] = await worker.settle([await claimOne('back')], () => failedWith('x'), { rules })
    expect(failed?.state).to.equal('failed')
  })

  it('a task that is given back keeps its place in the queue', async () => {
    await add('place', 3)
    const first = await claimOne('place')
    await worker.settle([first], () => ({ kind: 'given-back' }))
    expect((await claimOne('place')).id).to.equal(first.id)
  })

  it('a task that is to be canceled is canceled instead of queued again, and never instead of complete or failed', async () => {
    await add('cancel', 4)
    const tasks = await worker.claim('cancel')
    for (const { id } of tasks) await database.queue.cancel(id)
    const outcomes = [
      completeWith(),
      failedWith('x'),
      { kind: 'canceled' } as const,
      { kind: 'given-back' } as const,
    ]
    const settled = await worker.settle(tasks, (_, index) => outcomes[index] ?? failedWith('none'))
    expect(settled.map(({ state }) => state)).to.deep.equal([
      'complete',
      'canceled',
      'canceled',
      'canceled',
    ])
    const failing = await database.queue.insert('cancel', [aTask(9)])
    const task = await claimOne('cancel')
    await database.queue.cancel(failing[0]?.id ?? 0)
    const rules = someRules({ retry: { attempts: 1, firstMs: 0, longestMs: 0 } })
    expect((await worker.settle([task], () => failedWith('x'), { rules }))[0]?.state).to.equal(
      'failed',
    )
  })

  for (const { when, byteCount, readable } of [
    { when: 'at first', byteCount: 10, readable: 0 },
    { when: 'while they are written', byteCount: 1_000_000, readable: 1 },
  ])
    it(`an attempt whose rows cannot be read ${when} fails, and the others of its batch are stored`, async () => {
      const name = `unreadable_${readable}`
      await add(name, 2)
      const tasks = await worker.claim(name)
      let reads = 0
      const unreadable: TaskResult = {
        ...{ rowCount: 1, byteCount, [Symbol.asyncDispose]: () => Promise.resolve() },
        // eslint-disable-next-line @typescript-eslint/require-await -- the interface is asynchronous
        async *parts() {
          reads += 1
          yield part(name, [{ id: 0 }])
          if (reads > readable) throw new Error('EIO: i/o error, read')
        },
        read: () => Promise.reject(new Error('EIO: i/o error, read')),
      }
      const settled = await worker.settle(tasks, (task) =>
        task === tasks[0]
          ? { kind: 'complete', result: unreadable }
          : completeWith(part(name, [{ id: task.id }])),
      )
      expect(settled.map(({ id, state }) => ({ id, state }))).to.have.deep.members([
        { id: tasks[0]?.id, state: 'queued' },
        { id: tasks[1]?.id, state: 'complete' },
      ])
      expect(await find(tasks[0]?.id ?? 0)).to.deep.include({
        code: 'threw',
        detail: 'The worker could not read the stored result of the task: EIO: i/o error, read',
      })
      expect(await sql(`SELECT id::int FROM data.${name}`)).to.deep.equal([{ id: tasks[1]?.id }])
    })

  it('an account of all pipelines balances after these outcomes', async () => {
    for (const { pipeline, made, ...states } of await database.reader.accounts()) {
      const sum = Object.values(states).reduce((total, count) => total + count, 0)
      expect(sum, pipeline).to.equal(made)
    }
  })
})
