import { expect } from 'chai'
import { Cancellation } from '../../../services/tasks/cancellation.ts'
import type { AttemptOutcome } from '../../../services/ledger/tasks/task.ts'
import { giveBack } from '../../../services/tasks/handlers/running/pool-call.ts'
import type { RunnablePipeline } from '../../../services/tasks/runner/task-interfaces.ts'
import { TaskRunner } from '../../../services/tasks/runner/task-runner.ts'
import { taskTableOf } from '../../../services/worker/tasks/task-table.ts'
import { handlerFile, TestHandlers } from '../../support/handler-pool.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { someRules } from '../../support/settled.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'
import { until } from '../../support/until.ts'

const waiting = `await new Promise((end) => context.signal.addEventListener('abort', end))`
const files = {
  'wait.ts': handlerFile('wait', waiting),
  'long.ts': handlerFile('long', waiting),
  'quick.ts': handlerFile('quick', `return []`),
}

describe('waiting calls of handlers', function () {
  this.timeout(60_000)
  let tested: TestHandlers
  const ends: Cancellation[] = []

  before(async () => {
    tested = await TestHandlers.start(files, { size: 4 })
  })

  afterEach(() => {
    for (const end of ends.splice(0)) end.request()
  })

  after(() => tested[Symbol.asyncDispose]())

  let id = 0
  /** Starts a call that ends with the test. */
  function call(pipeline: string, method: string, concurrency: number) {
    id += 1
    const end = new Cancellation()
    ends.push(end)
    const task = { id, pipeline, unit: `api:${id}`, method, params: '{}', attempt: 1 }
    const state = { id, end, hasBegun: false, outcome: Promise.resolve({} as AttemptOutcome) }
    const onBegin = (): void => {
      state.hasBegun = true
    }
    const options = { concurrency, timeoutMs: 60_000, cancel: end, onBegin }
    state.outcome = tested.handlers.run(task, options)
    return state
  }
  const begun = (calls: readonly { hasBegun: boolean }[]) =>
    calls.filter(({ hasBegun }) => hasBegun).length

  it('run in at most as many processes as the concurrency of their pipeline', async () => {
    const calls = Array.from({ length: 6 }, () => call('narrow', 'wait', 2))
    await until('two run', () => begun(calls) === 2)
    // Calls that are made later go through the same queue.
    await call('other', 'quick', 4).outcome
    expect(begun(calls)).to.equal(2)
  })

  it('leave one process to other pipelines if they are long', async () => {
    const long = Array.from({ length: 8 }, () => call('long', 'long', 8))
    await until('three run', () => begun(long) === 3)
    expect((await call('other', 'quick', 4).outcome).kind).to.equal('complete')
    expect(begun(long)).to.equal(3)
  })

  it('of several pipelines take turns', async () => {
    for (let n = 0; n < 5; n += 1) await call('first', 'quick', 4).outcome
    const many = Array.from({ length: 3_000 }, () => call('first', 'quick', 4))
    let isManyDone = false
    const all = Promise.all(many.map(({ outcome }) => outcome)).then(() => (isManyDone = true))
    expect((await call('second', 'quick', 4).outcome).kind).to.equal('complete')
    expect(isManyDone).to.equal(false)
    await all
  })

  it('end at once when they are canceled or given back', async () => {
    const calls = Array.from({ length: 3 }, () => call('narrow', 'wait', 1))
    await until('one runs', () => begun(calls) === 1)
    calls[1]?.end.request()
    calls[2]?.end.request(giveBack)
    expect((await calls[1]?.outcome)?.kind).to.equal('canceled')
    expect((await calls[2]?.outcome)?.kind).to.equal('given-back')
    expect(begun(calls)).to.equal(1)
  })
})

describe('a task that waits for a handler process', function () {
  this.timeout(60_000)

  it('is given back, and its attempt does not count', async () => {
    await using database = await TaskDatabase.create()
    await using tested = await TestHandlers.start(files, { size: 1 })
    const worker = await database.addWorker('worker-0')
    const pool = database.poolOf('worker', 2)
    const settlementPool = database.poolOf('worker', 2, { isPipelined: true })
    const started: number[] = []
    const pipeline = {
      ...{ name: 'job', concurrency: 4, rules: someRules(), hasQueue: true },
      run: (...[task, options]: Parameters<TestRun>) => {
        const onBegin = (): void => {
          started.push(task.id)
          options.onBegin()
        }
        const call = { ...options, concurrency: 4, timeoutMs: 60_000, onBegin }
        return tested.handlers.run(task, call)
      },
    }
    await using _runner = new TaskRunner({
      table: taskTableOf({ pool, settlementPool, worker: () => worker }),
      pipelines: () => [pipeline],
      logger: serviceLogger,
      ...{ intervalMs: 50, renewMs: 200, drainMs: 500 },
    })
    const [long] = await database.queue.insert('job', [aTask(0, { method: 'wait' })])
    await until('the long one runs', () => started.includes(long?.id ?? 0))
    const [waiting] = await database.queue.insert('job', [aTask(1, { method: 'quick' })])
    const read = async () =>
      (
        await database.tenant.sql<{ attempt: number; uncounted: number }>(
          `SELECT attempt, uncounted_attempts AS uncounted FROM task WHERE id = ${waiting?.id ?? 0}`,
        )
      )[0]
    await until('it is given back', async () => ((await read())?.uncounted ?? 0) > 0)
    expect(started).to.deep.equal([long?.id])
    await database.queue.cancel(long?.id ?? 0)
    await until('it runs', () => started.includes(waiting?.id ?? 0))
  })
})

type TestRun = RunnablePipeline['run']
