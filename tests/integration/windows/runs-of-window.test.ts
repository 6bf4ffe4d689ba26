import { expect } from 'chai'
import type { StepOrder } from '../../../services/adapters/postgres/windows/step-settlement.ts'
import { settleStep } from '../../../services/adapters/postgres/windows/step-settlement.ts'
import { replaceWindow } from '../../../services/adapters/postgres/windows/window-step.ts'
import type { ClaimedTask } from '../../../services/ledger/tasks/task.ts'
import { resultIdOf } from '../../../services/ledger/tasks/window-of-task.ts'
import { unitOf, windowParams } from '../../../services/ledger/tasks/window.ts'
import { completeWith, part, TestWorker } from '../../support/settled.ts'
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

  /** Tasks that were made in the order of the units. */
  const claimUnits = async (pipeline: string, units: readonly string[]) => {
    const params = windowParams(window)
    const tasks = units.map((unit) => ({ unit, method: 'm', params, transactionKey: null }))
    for (const task of tasks) await database.queue.insert(pipeline, [task])
    return (await worker.claim(pipeline)).sort((left, right) => left.id - right.id)
  }
  const numbersIn = async (table: string) =>
    (
      await database.pool.query<{ n: number }>(`SELECT n::int FROM data.${table} ORDER BY n`)
    ).rows.map(({ n }) => n)
  const rowsOf = async (pipeline: string) =>
    (
      await database.pool.query<{ state: string; rows: number }>(
        'SELECT state, rows FROM task WHERE pipeline = $1 ORDER BY id',
        [pipeline],
      )
    ).rows

  it('keep the content of a table that the later run has replaced, and both add to other tables', async () => {
    const units = [unitOf(window), `${unitOf(window)}#1`]
    const [first, again] = (await claimUnits('refreshing', units)) as [ClaimedTask, ClaimedTask]
    const result = (n: number) =>
      completeWith(
        part('snapshot', [{ n }], true),
        part('snapshot', [{ n: n + 10 }]),
        part('history', [{ n }]),
      )
    await worker.settle([again], () => result(2))
    await worker.settle([first], () => result(1))
    expect(await numbersIn('snapshot')).to.deep.equal([2, 12])
    expect(await numbersIn('history')).to.deep.equal([1, 2])
    expect(await rowsOf('refreshing')).to.deep.equal([
      { state: 'complete', rows: 1 },
      { state: 'complete', rows: 3 },
    ])
  })

  it('both replace a table if the earlier run ends first, and a run of a user always replaces it', async () => {
    const units = [unitOf(window), `${unitOf(window)}#1`]
    const [first, again] = (await claimUnits('ordered', units)) as [ClaimedTask, ClaimedTask]
    const [byUser] = (await claimUnits('ordered', ['api:1'])) as [ClaimedTask]
    for (const [task, n] of [
      [first, 1],
      [again, 2],
      [byUser, 3],
    ] as const) {
      await worker.settle([task], () => completeWith(part('ordered', [{ n }], true)))
      expect(await numbersIn('ordered')).to.deep.equal([n])
    }
    const [late] = (await claimUnits('ordered', [`${unitOf(window)}#2`])) as [ClaimedTask]
    const [after] = (await claimUnits('ordered', ['api:2'])) as [ClaimedTask]
    await worker.settle([after], () => completeWith(part('ordered', [], true)))
    await worker.settle([late], () => completeWith(part('ordered', [{ n: 4 }], true)))
    expect(await numbersIn('ordered')).to.deep.equal([])
  })

  /** Settles tasks that replace the content of the table with one number, in the order of the list. */
  const refresh = async (
    pipeline: string,
    runs: readonly (readonly [string, string, number])[],
  ) => {
    const tasks: ClaimedTask[] = []
    for (const [unit, params] of runs) {
      await database.queue.insert(pipeline, [{ unit, method: 'm', params, transactionKey: null }])
      tasks.push(...(await worker.claim(pipeline)))
    }
    for (const [index, [, , n]] of runs.entries()) {
      const task = tasks[index] as ClaimedTask
      await worker.settle([task], () => completeWith(part(pipeline, [{ n }], true)))
    }
    return numbersIn(pipeline)
  }
  const next = { fromMs: window.toMs, toMs: window.toMs + 3_600_000 }

  it('do not replace the content of a later window if an earlier one is computed again', async () => {
    const again = await refresh('recomputed', [
      [unitOf(window), windowParams(window), 1],
      [unitOf(next), windowParams(next), 2],
      [`${unitOf(window)}#1`, windowParams(window), 3],
    ])
    expect(again).to.deep.equal([2])
    const newest = [`${unitOf(next)}#2`, windowParams(next), 4] as const
    expect(await refresh('recomputed', [newest])).to.deep.equal([4])
  })

  it('do not replace the content of a later window if their results come as messages', async () => {
    const idOf = (id: number, of: typeof window) =>
      resultIdOf({ pipeline: 'report', id, unit: unitOf(of), params: windowParams(of) })
    const db = await refresh('db', [
      [idOf(12, next), '{}', 12],
      [idOf(11, window), '{}', 11],
      [idOf(13, window), '{}', 13],
    ])
    expect(db).to.deep.equal([12])
    expect(await refresh('db', [['other:3@2020-01-01T00:00:00.000Z', '{}', 3]])).to.deep.equal([3])
    expect(await refresh('db', [['a message of a user', '{}', 4]])).to.deep.equal([4])
  })

  it('do not end a run of another window, or one that began later', async () => {
    await database.pool.query('CREATE TABLE data.others (n integer)')
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
