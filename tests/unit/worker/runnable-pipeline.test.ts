import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import { expect } from 'chai'
import type pg from 'pg'
import { Cancellation } from '../../../services/tasks/cancellation.ts'
import type { TaskResult } from '../../../services/ledger/tasks/task.ts'
import type { TaskDeclaration } from '../../../services/pipelines/declaration/task-declaration.ts'
import { parsePipeline } from '../../../services/pipelines/declaration/parse-pipeline.ts'
import { untilDone } from '../../../services/worker/tasks/run-window.ts'
import { canRun, toRunnable } from '../../../services/worker/tasks/runnable-pipeline.ts'
import type { StepContext } from '../../../services/worker/tasks/step-context.ts'
import { completeWith, part } from '../../support/settled.ts'

const text = `name = "days"
from.schedule = { every = "1 h" }
run = "summary"
timeout = "1 s"
to.table = { name = "day", key = ["id"] }
`
const task = {
  ...{ id: 1, pipeline: 'days', unit: 'run:1', method: 'summary', attempt: 1 },
  params: '{"from":"2026-01-01T00:00:00Z","to":"2026-01-01T01:00:00Z"}',
  ...{ transactionKey: null, madeAt: new Date() },
}

const events = {
  onProgress: () => undefined,
  addLogLine: () => undefined,
  logLinesOf: () => [],
}

describe('A scheduled pipeline with a handler', () => {
  it('waits for an outage that begins when the handler returns', async () => {
    const parsed = parsePipeline(text, () => ({ text: '' }))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
    let queries = 0
    const query = () => {
      queries += 1
      return Promise.reject(new Error('no connection'))
    }
    const { run } = toRunnable(parsed.declaration as TaskDeclaration, {
      leavesOtherHandlers: false,
      handlers: { names: [], run: () => Promise.resolve(completeWith(part('day', [{ id: 1 }]))) },
      stepPool: { query, connect: query } as unknown as pg.Pool,
      cancelPool: { query } as unknown as pg.Pool,
      readings: { table: 'diag', tripRules: {} as never },
      worker: () => 1,
      ...{ files: undefined, shellFolder: undefined, events },
    })
    const outcome = await run(task, {
      cancel: new Cancellation(),
      onBegin: () => undefined,
      onWait: () => undefined,
    })
    expect(queries).to.be.greaterThan(1)
    expect(outcome).to.deep.include({ kind: 'failed' })
    expect((outcome as { fault: { code: string } }).fault.code).to.equal('timed-out')
  })

  it('fails if the stored rows of the handler cannot be read', async () => {
    const parsed = parsePipeline(text, () => ({ text: '' }))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
    const result: TaskResult = {
      ...{ rowCount: 1, byteCount: 10, [Symbol.asyncDispose]: () => Promise.resolve() },
      // eslint-disable-next-line require-yield, @typescript-eslint/require-await -- as after a fault of a disk
      async *parts() {
        throw new Error('EIO: i/o error, read')
      },
      read: () => Promise.reject(new Error('it is read part by part')),
    }
    const { run } = toRunnable(parsed.declaration as TaskDeclaration, {
      leavesOtherHandlers: false,
      ...{ files: undefined, shellFolder: undefined, events },
      handlers: { names: [], run: () => Promise.resolve({ kind: 'complete', result }) },
      ...{ stepPool: {} as unknown as pg.Pool, cancelPool: {} as unknown as pg.Pool },
      worker: () => 1,
      readings: { table: 'diag', tripRules: {} as never },
    })
    const attempt = {
      cancel: new Cancellation(),
      onBegin: () => undefined,
      onWait: () => undefined,
    }
    expect(await run(task, attempt)).to.deep.equal({
      kind: 'failed',
      fault: {
        code: 'threw',
        message: 'The worker could not read the stored result of the task: EIO: i/o error, read',
        stack: undefined,
      },
    })
  })

  it('ends after its timeout, also if garbage is collected meanwhile', async () => {
    setFlagsFromString('--expose-gc')
    const collectGarbage = runInNewContext('gc') as () => void
    const outcome = await untilDone(
      { timeoutMs: 500, cancel: new AbortController().signal },
      (signal) =>
        new Promise<never>((_, reject) => {
          signal.addEventListener('abort', () => {
            reject(new Error('aborted'))
          })
          setTimeout(collectGarbage, 50)
        }),
    )
    expect(outcome).to.have.property('kind', 'failed')
  })
})

describe('A pipeline whose results become objects', () => {
  const ofObjects = text.replace(/to\.table = .*/, 'to.objects = { folder = "out" }')
  const context = {
    leavesOtherHandlers: false,
    ...{ shellFolder: undefined, events },
    handlers: { names: [], run: () => Promise.reject(new Error('no task is run')) },
    ...{ stepPool: {} as unknown as pg.Pool, cancelPool: {} as unknown as pg.Pool },
    worker: () => 1,
    readings: { table: 'diag', tripRules: {} as never },
  }
  const files = {} as NonNullable<StepContext['files']>
  const isRunWith = (declared: string, present: StepContext['files']): boolean => {
    const parsed = parsePipeline(declared, () => ({ text: '' }))
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.faults))
    return canRun(parsed.declaration as TaskDeclaration, { ...context, files: present })
  }

  it('waits while the platform has no bucket, because nothing would store the objects', () => {
    expect(isRunWith(ofObjects, undefined)).to.equal(false)
    expect(isRunWith(ofObjects, files)).to.equal(true)
    expect(isRunWith(text, undefined), 'its rows go into a table').to.equal(true)
  })
})
