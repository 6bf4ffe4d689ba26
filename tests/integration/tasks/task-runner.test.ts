import { expect } from 'chai'
import type { RunnablePipeline } from '../../../services/tasks/runner/task-interfaces.ts'
import { TaskRunner } from '../../../services/tasks/runner/task-runner.ts'
import { taskTableOf } from '../../../services/worker/tasks/task-table.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { completeWith, part, someRules } from '../../support/settled.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'
import { until } from '../../support/until.ts'

describe('a task runner', function () {
  this.timeout(60_000)
  let database: TaskDatabase

  beforeEach(async () => {
    database = await TaskDatabase.create()
  })

  afterEach(() => database[Symbol.asyncDispose]())

  /** Starts a runner of the pipeline `job`, as a worker does. */
  async function start(
    run: RunnablePipeline['run'],
    { concurrency = 1, name = 'worker-0' } = {},
  ): Promise<TaskRunner> {
    const id = await database.addWorker(name)
    const pool = database.poolOf('worker', 2)
    const settlementPool = database.poolOf('worker', 2, { isPipelined: true })
    const pipeline = { name: 'job', concurrency, rules: someRules(), hasQueue: false, run }
    return new TaskRunner({
      table: taskTableOf({ pool, settlementPool, worker: () => id }),
      pipelines: () => [pipeline],
      logger: serviceLogger,
      ...{ intervalMs: 100, renewMs: 200, drainMs: 500 },
    })
  }

  const add = (count: number, method = 'add') =>
    database.queue.insert(
      'job',
      Array.from({ length: count }, (_, index) => aTask(index, { method })),
    )
  const inState = async (state: string) => {
    const [row] = await database.tenant.sql<{ count: number }>(
      `SELECT count(*)::int AS count FROM task WHERE state = '${state}'`,
    )
    return row?.count ?? 0
  }

  it('runs at most as many tasks of a pipeline at the same time as its concurrency', async () => {
    let running = 0
    let most = 0
    await add(400)
    await using _ = await start(
      async (task) => {
        running += 1
        most = Math.max(most, running)
        await new Promise((resolve) => setImmediate(resolve))
        running -= 1
        return completeWith(part('numbers', [JSON.parse(task.params) as { number: number }]))
      },
      { concurrency: 2 },
    )
    await until('all are complete', async () => (await inState('complete')) === 400)
    expect(most).to.equal(2)
    const rows = await database.tenant.sql(
      'SELECT count(DISTINCT number)::int AS count FROM numbers',
    )
    expect(rows).to.deep.equal([{ count: 400 }])
  })

  it('gives back tasks that wait behind a long one, and another worker runs them', async () => {
    const ran: string[] = []
    const runOf =
      (worker: string): RunnablePipeline['run'] =>
      (task, { cancel }) => {
        ran.push(`${worker} ${task.method}`)
        if (task.method !== 'long') return Promise.resolve(completeWith())
        return new Promise((resolve) => {
          cancel.signal.addEventListener('abort', () => {
            resolve({ kind: 'given-back' })
          })
        })
      }
    // Short tasks make the runner claim many at once.
    await add(300)
    await using _ = await start(runOf('first'))
    await until('the short ones are complete', async () => (await inState('complete')) === 300)
    const long = aTask(1_000, { method: 'long' })
    const short = Array.from({ length: 20 }, (_, index) => aTask(2_000 + index))
    await database.queue.insert('job', [long, ...short])
    await until('the long task runs', () => ran.includes('first long'))
    const before = ran.length
    await using _second = await start(runOf('second'), { name: 'worker-1' })
    await until('the others are complete', async () => (await inState('complete')) === 320, 20)
    expect(ran.slice(before).every((each) => each === 'second add')).to.equal(true)
    expect(await inState('running')).to.equal(1)
  })

  it('cancels a waiting task without running it', async () => {
    const ran: string[] = []
    await add(200)
    await using runner = await start((task, { cancel }) => {
      ran.push(task.unit)
      if (task.method !== 'long') return Promise.resolve(completeWith())
      return new Promise((resolve) => {
        cancel.signal.addEventListener('abort', () => {
          resolve({ kind: 'canceled' })
        })
      })
    })
    await until('the short ones are complete', async () => (await inState('complete')) === 200)
    const [, waiting] = await database.queue.insert('job', [
      aTask(1_000, { method: 'long' }),
      aTask(2_000),
    ])
    await until('both are claimed', async () => (await inState('running')) === 2)
    await database.queue.cancel(waiting?.id ?? 0)
    runner.wakeUp()
    await until('it is canceled', async () => (await inState('canceled')) === 1)
    expect(ran).to.include('api:1000').and.not.include('api:2000')
  })
})
