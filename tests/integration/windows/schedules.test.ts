import { expect } from 'chai'
import type pg from 'pg'
import {
  inTransaction,
  longTransaction,
} from '../../../services/adapters/postgres/driver/connection.ts'
import {
  coalesceTouched,
  declareSchedule,
  makeDueTasks,
  remakeTouched,
} from '../../../services/adapters/postgres/windows/schedule-store.ts'
import {
  installTouch,
  removeUnusedTouch,
} from '../../../services/adapters/postgres/windows/touch-triggers.ts'
import { runSqlStep } from '../../../services/adapters/postgres/windows/window-step.ts'
import type { Schedule } from '../../../services/pipelines/declaration/task-declaration.ts'
import { windowPlanOf } from '../../../services/pipelines/schedule/window-plan.ts'
import { TaskDatabase } from '../../support/task-database.ts'

const hourMs = 3_600_000
const daily: Schedule = {
  rule: { kind: 'cron', cron: '0 0 * * *', timeZone: 'Europe/Berlin' },
  window: { kind: 'previous' },
  allowedLatenessMs: 2 * 60_000,
  catchUp: 1_000,
}
const text = `SELECT ad_type, count(*) AS n, sum(mm)::bigint AS mm, max(mm) AS longest, $1 AS day
  FROM data.trip WHERE at >= $1 AND at < $2 GROUP BY ad_type`
const touched = { schema: 'data', table: 'trip', time: 'at' }

describe('Windows of scheduled pipelines', function () {
  this.timeout(120_000)
  let database: TaskDatabase

  before(async () => {
    database = await TaskDatabase.create()
    await database.pool.query(
      'CREATE TABLE data.trip (id integer PRIMARY KEY, ad_type text, mm bigint, at timestamptz)',
    )
  })
  after(() => database[Symbol.asyncDispose]())

  const scheduled = (pipeline: string, schedule = daily) => ({
    ...{ pipeline, method: 'sql', plan: windowPlanOf(schedule), queue: database.queue },
  })
  const inOne = <T>(work: (client: pg.PoolClient) => Promise<T>) =>
    inTransaction(database.pool, work)
  const sql = async <Row extends pg.QueryResultRow>(query: string, values: unknown[] = []) =>
    (await database.pool.query<Row>(query, values)).rows
  /** Declares a schedule as if it had been declared at that time. */
  const declareAt = async (pipeline: string, at: string, reads?: string): Promise<void> => {
    await inOne((client) => declareSchedule(client, scheduled(pipeline), reads))
    await sql('UPDATE schedule SET made_from = $2, made_until = $2 WHERE pipeline = $1', [
      pipeline,
      at,
    ])
  }
  const make = (pipeline: string, now?: Date) =>
    inOne((client) => makeDueTasks(client, scheduled(pipeline), now))
  const remake = (pipeline: string) =>
    inOne((client) => remakeTouched(client, scheduled(pipeline), 0))
  const tasksOf = (pipeline: string) =>
    sql<{ unit: string; params: string }>(
      'SELECT unit, params FROM task WHERE pipeline = $1 ORDER BY id',
      [pipeline],
    )
  const compute = async (pipeline: string): Promise<void> => {
    const tasks = await sql<{ params: string }>(
      `DELETE FROM task WHERE pipeline = $1 RETURNING params`,
      [pipeline],
    )
    const target = {
      name: 'trip_day',
      key: ['day', 'ad_type'],
      onConflict: { kind: 'update' as const },
    }
    for (const { params } of tasks) {
      const { from, to } = JSON.parse(params) as { from: string; to: string }
      const step = { text, target, from: new Date(from), to: new Date(to) }
      const outcome = await inOne((client) => runSqlStep(client, step))
      expect(outcome).to.have.property('kind', 'written')
    }
  }

  it('the tasks of days with 23 and 25 hours have these windows as parameters', async () => {
    await declareAt('days', '2026-03-27T23:00Z')
    await make('days', new Date('2026-10-27T12:00Z'))
    const tasks = await tasksOf('days')
    const hours = tasks.map(({ params }) => {
      const { from, to } = JSON.parse(params) as { from: string; to: string }
      return (Date.parse(to) - Date.parse(from)) / hourMs
    })
    expect(tasks).to.have.length(213)
    expect(hours.filter((each) => each !== 24)).to.deep.equal([23, 25])
    expect(tasks[1]?.unit).to.equal('run:2026-03-28T23:00:00.000Z/2026-03-29T22:00:00.000Z')
  })

  it('workers that look at the same time make each window once', async () => {
    await declareAt('race', '2026-03-01T23:00Z')
    const now = new Date('2026-03-21T12:00Z')
    const made = await Promise.all(Array.from({ length: 6 }, () => make('race', now)))
    expect(made.map((each) => each?.made ?? 0).reduce((sum, each) => sum + each)).to.equal(19)
    expect(await tasksOf('race')).to.have.length(19)
    expect(made[0]?.nextDueAt.toISOString()).to.equal('2026-03-21T23:02:00.000Z')
  })

  it('a pipeline without a schedule makes no tasks', async () => {
    expect(await make('unknown')).to.equal(undefined)
  })

  for (const { name, column, changes, message } of [
    { name: 'table', column: 'at', changes: { table: 'nowhere' }, message: /no table "nowhere"/ },
    { name: 'column', column: 'when', changes: {}, message: /no column "when"/ },
    { name: 'type of the column', column: 'mm', changes: {}, message: /has the type bigint/ },
  ])
    it(`late rows of a wrong ${name} are refused with a sentence`, async () => {
      const fault = await inOne((client) =>
        installTouch(client, { ...touched, time: column, ...changes }),
      )
      expect(fault).to.match(message)
    })

  it('late, early, updated and deleted rows: the windows equal those computed from scratch', async () => {
    await inOne((client) => installTouch(client, touched))
    await declareAt('trips', '2026-03-27T23:00Z', 'data.trip')
    const now = new Date()
    const first = Date.parse('2026-03-27T23:00Z')
    const spanMs = Math.min(now.getTime(), Date.parse('2026-11-10T00:00Z')) - first
    let seed = 7
    const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647
    const time = () => new Date(first + random() * spanMs)
    const insert = (id: number, at: Date) =>
      sql('INSERT INTO data.trip VALUES ($1, $2, $3, $4)', [
        ...[id, random() < 0.5 ? 'a' : 'b', Math.floor(random() * 1e15), at],
      ])
    for (let id = 0; id < 200; id += 1) await insert(id, time())
    await make('trips')
    await compute('trips')
    for (let id = 200; id < 260; id += 1) await insert(id, time())
    await insert(300, new Date(now.getTime() + 100 * 24 * hourMs))
    for (let id = 0; id < 40; id += 1)
      await sql('UPDATE data.trip SET at = $2, mm = mm + 1 WHERE id = $1', [id, time()])
    await sql('DELETE FROM data.trip WHERE id BETWEEN 60 AND 100')
    await sql(
      `INSERT INTO data.trip SELECT id, ad_type, 1, at FROM data.trip WHERE id < 20
       ON CONFLICT (id) DO UPDATE SET mm = excluded.mm`,
    )
    expect(await remake('trips')).to.be.greaterThan(50)
    const [task] = await tasksOf('trips')
    expect(task?.unit).to.match(/^run:.*\/.*#1$/)
    await compute('trips')
    const computed = await sql(
      'SELECT day, ad_type, n, mm::text, longest::text FROM data.trip_day ORDER BY day, ad_type',
    )
    const expected = await sql(
      `SELECT date_trunc('day', at, 'Europe/Berlin') AS day, ad_type, count(*) AS n,
              sum(mm)::bigint::text AS mm, max(mm)::text AS longest
       FROM data.trip WHERE at < date_trunc('day', now(), 'Europe/Berlin') GROUP BY 1, 2 ORDER BY 1, 2`,
    )
    expect(computed).to.deep.equal(expected)
    expect(await sql('SELECT FROM touched_window')).to.have.length(0)
  })

  it('rows of a window that has not ended, and of one before the first, make no tasks', async () => {
    await make('trips')
    const rows = [new Date(), new Date('2020-01-01T00:00Z')]
    for (const [index, at] of rows.entries())
      await sql(`INSERT INTO data.trip VALUES ($1, 'c', 1, $2)`, [1000 + index, at])
    expect(await sql('SELECT FROM touched_window')).to.have.length(1)
    expect(await remake('trips')).to.equal(0)
    expect(await sql('SELECT FROM touched_window')).to.have.length(0)
  })

  it('a row of a long transaction is recorded before it is late', async () => {
    const insert = (client: pg.PoolClient) =>
      client.query(`INSERT INTO data.trip VALUES (1500, 'c', 1, now())`)
    await inTransaction(database.pool, insert, { settings: longTransaction })
    expect(await sql('SELECT FROM touched_window')).to.have.length(1)
    expect(await remake('trips')).to.equal(0)
  })

  it('a row that another transaction rolls back touches nothing', async () => {
    const broken = inOne(async (client) => {
      await client.query(`INSERT INTO data.trip VALUES (2000, 'd', 1, '2026-05-01')`)
      throw new Error('broken')
    })
    expect(await broken.catch((error: unknown) => (error as Error).message)).to.equal('broken')
    expect(await sql('SELECT FROM touched_window')).to.have.length(0)
  })

  it('only the first late row of a minute is kept until its window is computed again', async () => {
    await declareAt('paused', '2026-03-27T23:00Z', 'data.trip')
    await make('paused', new Date('2026-06-01T12:00Z'))
    for (const [index, at] of ['2026-05-01T10:00:01Z', '2026-05-01T10:00:59Z'].entries())
      await sql(`INSERT INTO data.trip VALUES ($1, 'f', 1, $2)`, [4000 + index, at])
    // Its window has no task yet.
    await sql(`INSERT INTO data.trip VALUES (4010, 'f', 1, '2026-06-03T00:00Z')`)
    const recorded = () =>
      sql<{ id: number }>(`SELECT id FROM touched_window WHERE pipeline = 'paused' ORDER BY id`)
    const [first, ...others] = await recorded()
    expect(others).to.have.length(2)
    expect(await inOne((client) => coalesceTouched(client, 'paused'))).to.equal(false)
    expect(await recorded()).to.deep.equal([first])
    expect(await remake('paused')).to.equal(1)
    await sql(`DELETE FROM touched_window`)
  })

  it('late rows of a pipeline without a schedule are removed', async () => {
    await sql(`INSERT INTO data.trip VALUES (4100, 'f', 1, '2026-05-01T10:00:01Z')`)
    await sql(`DELETE FROM schedule WHERE pipeline = 'paused'`)
    await inOne((client) => coalesceTouched(client, 'paused'))
    expect(await sql(`SELECT FROM touched_window WHERE pipeline = 'paused'`)).to.have.length(0)
    await sql(`DELETE FROM touched_window`)
  })

  it('triggers stay while a declaration names their table and column, and are removed afterwards', async () => {
    const triggers = async () => {
      const statement = `SELECT FROM pg_trigger WHERE tgrelid = 'data.trip'::regclass`
      return (await sql(statement)).length
    }
    const setReads = (table: string) =>
      sql(
        `INSERT INTO pipeline AS present (name, file, enabled, declaration) VALUES ('trips', 'trips.toml', true, $1)
         ON CONFLICT (name) DO UPDATE SET declaration = excluded.declaration`,
        [{ source: { kind: 'schedule', reads: { table, time: 'at' } } }],
      )
    await setReads('trip')
    expect(await inOne(removeUnusedTouch)).to.equal(0)
    expect(await triggers()).to.equal(3)
    await setReads('journey')
    expect(await inOne(removeUnusedTouch)).to.equal(3)
    expect(await triggers()).to.equal(0)
    await sql(`INSERT INTO data.trip VALUES (3000, 'e', 1, '2026-05-01')`)
    expect(await sql('SELECT FROM touched_window')).to.have.length(0)
  })
})
