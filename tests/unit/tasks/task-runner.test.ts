import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import type { Cancellation } from '../../../services/tasks/cancellation.ts'
import type { Settlement } from '../../../services/ledger/tasks/settlement.ts'
import type { AttemptOutcome, ClaimedTask } from '../../../services/ledger/tasks/task.ts'
import type { RunnablePipeline, TaskTable } from '../../../services/tasks/runner/task-interfaces.ts'
import { TaskRunner } from '../../../services/tasks/runner/task-runner.ts'
import { serviceLogger } from '../../support/service-log.ts'
import { someRules } from '../../support/settled.ts'
import { until } from '../../support/until.ts'

/** A call of the pipeline that ends when its signal aborts, or when the test says so. */
type Run = {
  readonly task: ClaimedTask
  readonly cancel: Cancellation
  readonly end: (outcome: AttemptOutcome) => void
}

function aTask(id: number, attempt = 1): ClaimedTask {
  const common = { pipeline: 'job', unit: `api:${id}`, method: 'add', params: '{}' }
  return { id, attempt, ...common, transactionKey: null, madeAt: new Date() }
}

/** A runner of one pipeline, with a table in memory. */
function aRunner(changes: Partial<TaskTable>, endAtOnce = false) {
  const queued: ClaimedTask[] = []
  const runs: Run[] = []
  const settled: ClaimedTask[] = []
  const settle = (settlements: readonly Settlement[]) => {
    settled.push(...settlements.map(({ task }) => task))
    const state = 'canceled' as const
    return Promise.resolve(settlements.map(({ task: { id } }) => ({ id, state, fault: undefined })))
  }
  const table: TaskTable = {
    claim: ([wanted]) => Promise.resolve(queued.splice(0, wanted?.limit)),
    renew: () => Promise.resolve({ lost: [], cancelRequested: [] }),
    ...{ settle, ...changes },
  }
  const run: RunnablePipeline['run'] = (task, { cancel }) =>
    new Promise<AttemptOutcome>((end) => {
      runs.push({ task, cancel, end })
      if (endAtOnce) end({ kind: 'canceled' })
      cancel.signal.addEventListener('abort', () => {
        end({ kind: 'canceled' })
      })
    })
  const pipeline = { name: 'job', concurrency: 2, rules: someRules(), hasQueue: false, run }
  const options = { table, pipelines: () => [pipeline], logger: serviceLogger }
  const runner = new TaskRunner({ ...options, intervalMs: 10, renewMs: 10, drainMs: 10 })
  return { runner, queued, runs, settled }
}

describe('The runner of tasks', () => {
  it('ends an attempt when it claims the next one of the same task, and keeps that one', async () => {
    let areLost = false
    const { runner, queued, runs, settled } = aRunner({
      // The answer is about the tasks that were asked for.
      renew: (running) => {
        const lost = areLost ? running.filter(({ attempt }) => attempt === 1) : []
        return Promise.resolve({ lost: lost.map(({ id }) => id), cancelRequested: [] })
      },
    })
    await using _runner = runner
    queued.push(aTask(1, 1))
    await until('the first attempt runs', () => runs.length === 1)
    queued.push(aTask(1, 2))
    await until('the second attempt runs', () => runs.length === 2)
    areLost = true
    await until('the first attempt has ended', () => runs[0]?.cancel.isRequested)
    expect(runs[1]?.cancel.isRequested).to.equal(false)
    runs[1]?.end({ kind: 'canceled' })
    await until('an attempt is settled', () => settled.length > 0)
    expect(settled.map(({ attempt }) => attempt)).to.deep.equal([2])
  })

  it('claims nothing while many attempts wait to be settled', async () => {
    let claimed = 0
    let mayEnd = (): void => undefined
    const isOver = new Promise<void>((resolve) => (mayEnd = resolve))
    const { runner } = aRunner(
      {
        claim: ([wanted]) => {
          const tasks = Array.from({ length: wanted?.limit ?? 0 }, () => aTask((claimed += 1)))
          return Promise.resolve(tasks)
        },
        settle: async (settlements) => {
          await isOver
          const state = 'canceled' as const
          return settlements.map(({ task: { id } }) => ({ id, state, fault: undefined }))
        },
      },
      true,
    )
    await until('many are claimed', () => claimed > 400)
    await wait(100)
    expect(claimed).to.be.lessThan(600)
    const stopping = runner[Symbol.asyncDispose]()
    mayEnd()
    await stopping
  })

  it('leaves tasks to other workers for some seconds after one has waited in vain for a process', async () => {
    let claims = 0
    const settled: string[] = []
    const run: RunnablePipeline['run'] = (_task, { cancel }) =>
      new Promise<AttemptOutcome>((end) => {
        cancel.signal.addEventListener('abort', () => {
          end({ kind: 'given-back' })
        })
      })
    const table: TaskTable = {
      claim: () => Promise.resolve([aTask((claims += 1))]),
      renew: () => Promise.resolve({ lost: [], cancelRequested: [] }),
      settle: (settlements) => {
        settled.push(...settlements.map(({ outcome }) => outcome.kind))
        return Promise.resolve(
          settlements.map(({ task: { id } }) => ({ id, state: 'queued', fault: undefined })),
        )
      },
    }
    const pipeline = { name: 'job', concurrency: 1, rules: someRules(), hasQueue: true, run }
    const options = { table, pipelines: () => [pipeline], logger: serviceLogger }
    await using _ = new TaskRunner({ ...options, intervalMs: 10, renewMs: 10, drainMs: 10 })
    await until('the task is given back', () => settled.length > 0)
    await wait(300)
    expect(claims).to.equal(1)
    expect(settled).to.deep.equal(['given-back'])
  })

  it('claims nothing while the parameters of its tasks are large', async () => {
    const { runner, queued, runs } = aRunner({})
    await using _runner = runner
    const large = { ...aTask(1), params: JSON.stringify('x'.repeat(9_000_000)) }
    queued.push(large)
    await until('the large one runs', () => runs.length === 1)
    queued.push(aTask(2))
    await wait(100)
    expect(runs).to.have.length(1)
    runs[0]?.end({ kind: 'canceled' })
    await until('the next one runs', () => runs.length === 2)
  })
})
