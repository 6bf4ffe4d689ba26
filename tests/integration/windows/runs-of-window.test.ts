import { expect } from 'chai'
import type { StepOrder } from '../../../services/adapters/postgres/windows/step-settlement.ts'
import { settleStep } from '../../../services/adapters/postgres/windows/step-settlement.ts'
import { replaceWindow } from '../../../services/adapters/postgres/windows/window-step.ts'
import type { ClaimedTask } from '../../../services/ledger/tasks/task.ts'
import { unitOf, windowParams } from '../../../services/ledger/tasks/window.ts'
import { TestWorker } from '../../support/settled.ts'
import { TaskDatabase } from '../../support/task-database.ts'
import { until } from '../../support/until.ts'

const window = { fromMs: Date.parse('2026-03-01T10:00Z'), toMs: Date.parse('2026-03-01T11:00Z') }
const span = { from: new Date(window.fromMs), to: new Date(window.toMs) }
const written = { kind: 'written', rows: 1 } as const

describe('Two runs of one window', function () {
  this.timeout(60_000)
  let database: TaskDatabase
  let worker: TestWorker

  before(async () => {
    database = await TaskDatabase.create()
    worker = await TestWorker.start(database)
  })
  after(() => database[Symbol.asyncDispose]())

  /** A first run of the window, and a task that computes it again; claimed in this order. */
  const claimTwo = async (pipeline: string): Promise<[ClaimedTask, ClaimedTask]> => {
    const claimed: ClaimedTask[] = []
    for (const unit of [unitOf(window), `${unitOf(window)}#1`]) {
      const method = 'sql'
      await database.queue.insert(pipeline, [
        { unit, method, params: windowParams(window), transactionKey: null },
      ])
      claimed.push(...(await worker.claim(pipeline)))
    }
    return claimed as [ClaimedTask, ClaimedTask]
  }
  const settle = (
    task: ClaimedTask,
    work: StepOrder['work'],
    changes: Partial<StepOrder> = { isComputedBefore: false },
  ) =>
    settleStep(database.pool, {
      ...{ task, window, worker: worker.id, cancel: new AbortController().signal, work },
      ...{ cancelPool: database.pool, isComputedBefore: true, ...changes },
    })
  const storing =
    (name: string, n: number): StepOrder['work'] =>
    (client) =>
      replaceWindow(client, {
        ...{ ...span, table: { name, key: [], onConflict: { kind: 'update' } }, fields: ['n'] },
        rows: [`[{"n":${n}}]`],
      })

  it('keep the rows of the later run if the earlier run returns its rows after it', async () => {
    await database.pool.query('CREATE TABLE data.returned (n integer)')
    const [first, again] = await claimTwo('returned')
    await settle(again, storing('returned', 2), {})
    const settled = await settle(first, storing('returned', 1), {})
    const { rows } = await database.pool.query('SELECT n FROM data.returned')
    expect(rows).to.deep.equal([{ n: 2 }])
    expect(settled).to.deep.equal({ id: first.id, state: 'complete', fault: undefined })
  })

  it('do not end a run of another window, or one that began later', async () => {
    await database.pool.query('CREATE TABLE data.others (n integer)')
    const next = { fromMs: window.toMs, toMs: window.toMs + 3_600_000 }
    const other = { unit: unitOf(next), method: 'sql', transactionKey: null }
    await database.queue.insert('others', [{ ...other, params: windowParams(next) }])
    await worker.claim('others')
    const [first, again] = await claimTwo('others')
    await settle(first, storing('others', 1), {})
    expect(await settle(again, storing('others', 2), {})).to.include({ state: 'complete' })
    const { rows } = await database.pool.query('SELECT n FROM data.others')
    expect(rows).to.deep.equal([{ n: 2 }])
    const running = await database.pool.query(
      `SELECT unit FROM task WHERE pipeline = 'others' AND state = 'running'`,
    )
    expect(running.rows).to.deep.equal([{ unit: other.unit }])
  })

  it('compute their effects one after the other if the database computes them', async () => {
    const [first, again] = await claimTwo('called')
    const events: string[] = []
    let release: () => void = () => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    const slow = settle(first, async () => {
      events.push('first begins')
      await released
      events.push('first ends')
      return written
    })
    await until('the first run computes', () => events.length > 0)
    const second = settle(again, () => {
      events.push('again')
      return Promise.resolve(written)
    })
    await until('the second run waits, or has ended', async () => {
      const { rows } = await database.pool.query<{ waiting: number }>(
        `SELECT count(*)::int AS waiting FROM pg_locks
         WHERE NOT granted AND locktype = 'advisory'
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      )
      return (rows[0]?.waiting ?? 0) > 0 || events.includes('again')
    })
    release()
    await Promise.all([slow, second])
    expect(events).to.deep.equal(['first begins', 'first ends', 'again'])
  })
})
