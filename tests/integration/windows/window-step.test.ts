import { expect } from 'chai'
import type pg from 'pg'
import { inTransaction } from '../../../services/adapters/postgres/driver/connection.ts'
import type { SqlStep } from '../../../services/adapters/postgres/windows/window-step.ts'
import {
  replaceWindow,
  runSqlStep,
} from '../../../services/adapters/postgres/windows/window-step.ts'
import type { TargetTable } from '../../../services/ledger/tasks/target.ts'
import { TaskDatabase } from '../../support/task-database.ts'
import { until } from '../../support/until.ts'

const span = { from: new Date('2026-03-01T10:00Z'), to: new Date('2026-03-01T11:00Z') }
const next = { from: span.to, to: new Date('2026-03-01T12:00Z') }
const text =
  'SELECT ad_type, sum(price)::bigint AS total, $1 AS at FROM data.ad WHERE created_at >= $1 AND created_at < $2 GROUP BY ad_type'

describe('The SQL step of a window', function () {
  this.timeout(60_000)
  let database: TaskDatabase

  before(async () => {
    database = await TaskDatabase.create()
    await database.pool.query(
      'CREATE TABLE data.ad (ad_type text, price integer, created_at timestamptz)',
    )
  })
  after(() => database[Symbol.asyncDispose]())
  beforeEach(async () => {
    await database.pool.query('TRUNCATE data.ad')
    await add('Free', 1)
    await add('Paid', 5)
  })

  const aTarget = (name: string, changes: Partial<TargetTable> = {}): TargetTable => ({
    ...{ name, key: ['at', 'ad_type'], onConflict: { kind: 'update' as const }, ...changes },
  })
  const add = (type: string, price: number, at = '2026-03-01T10:30Z') =>
    database.pool.query('INSERT INTO data.ad VALUES ($1, $2, $3)', [type, price, at])
  const inOne = <T>(work: (client: pg.PoolClient) => Promise<T>) =>
    inTransaction(database.pool, work)
  const run = (target: TargetTable | undefined, changes: Partial<SqlStep> = {}) =>
    inOne((client) => runSqlStep(client, { ...span, text, target, ...changes }))
  const totals = async (name: string) => {
    const { rows } = await database.pool.query<{ ad_type: string; total: number }>(
      `SELECT ad_type, total FROM data.${name} ORDER BY at, ad_type`,
    )
    return rows.map(({ ad_type: type, total }) => [type, total])
  }

  it('the table is created from the columns of the query, with its key and the columns of the window', async () => {
    expect(await run(aTarget('created'))).to.deep.equal({ kind: 'written', rows: 2 })
    const { rows } = await database.pool.query<{ name: string; type: string }>(
      `SELECT attname AS name, format_type(atttypid, atttypmod) AS type FROM pg_attribute
       WHERE attrelid = 'data.created'::regclass AND attnum > 0 ORDER BY attnum`,
    )
    expect(rows.map(({ name, type }) => `${name} ${type}`)).to.deep.equal([
      'ad_type text',
      'total bigint',
      'at timestamp with time zone',
      '_window_from timestamp with time zone',
      '_window_to timestamp with time zone',
    ])
    const again = await database.pool
      .query(`INSERT INTO data.created SELECT * FROM data.created`)
      .catch((error: unknown) => (error as { code: string }).code)
    expect(again).to.equal('23505')
  })

  for (const kind of ['update', 'keep'] as const)
    it(`computing a window again replaces its rows and no others, with on_conflict = "${kind}"`, async () => {
      const target = aTarget(`again_${kind}`, { onConflict: { kind } })
      await add('Free', 7, '2026-03-01T11:30Z')
      await run(target)
      await run(target, next)
      await database.pool.query(`DELETE FROM data.ad WHERE ad_type = 'Paid'`)
      await add('Free', 2)
      await add('New', 3)
      expect(await run(target)).to.deep.equal({ kind: 'written', rows: 2 })
      const expected = [
        ['Free', 3],
        ['New', 3],
        ['Free', 7],
      ]
      expect(await totals(target.name)).to.deep.equal(expected)
    })

  it('two windows at the same time may add the same column', async () => {
    const target = aTarget('widened')
    await run(target)
    const wider = { text: text.replace('$1 AS at', '$1 AS at, 7 AS added') }
    let release: () => void = () => undefined
    const released = new Promise<void>((resolve) => (release = resolve))
    let hasWritten = false
    const first = inOne(async (client) => {
      const outcome = await runSqlStep(client, { ...span, ...wider, target })
      hasWritten = true
      await released
      return outcome
    })
    await until('the first one has added the column', () => hasWritten)
    const second = run(target, { ...wider, ...next })
    await until('the second one waits', async () => {
      const { rows } = await database.pool.query(
        `SELECT FROM pg_locks WHERE NOT granted
           AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
      )
      return rows.length > 0
    })
    release()
    expect(await Promise.all([first, second])).to.deep.equal([
      { kind: 'written', rows: 2 },
      { kind: 'written', rows: 0 },
    ])
  })

  it('computing a window again does not write rows that are equal, also with a type without "="', async () => {
    const target = aTarget('equal_rows')
    const withJson = text.replace('$1 AS at', `$1 AS at, '{"a":1}'::json AS note`)
    const versions = async () => {
      const { rows } = await database.pool.query<{ version: string }>(
        'SELECT xmin::text AS version FROM data.equal_rows ORDER BY ad_type',
      )
      return rows.map(({ version }) => version)
    }
    await run(target, { text: withJson })
    const [free, paid] = await versions()
    await add('Paid', 2)
    expect(await run(target, { text: withJson })).to.deep.equal({ kind: 'written', rows: 2 })
    expect((await totals('equal_rows'))[1]).to.deep.equal(['Paid', 7])
    const [freeAgain, paidAgain] = await versions()
    expect(freeAgain).to.equal(free)
    expect(paidAgain).not.to.equal(paid)
  })

  it('the rows of a window are replaced in a table without a key', async () => {
    const target = aTarget('keyless', { key: [] })
    await run(target)
    await add('Free', 2)
    await run(target)
    const expected = [
      ['Free', 3],
      ['Paid', 5],
    ]
    expect(await totals('keyless')).to.deep.equal(expected)
  })

  for (const { name, changes, target, message } of [
    { name: 'a syntax error', changes: { text: 'SELEKT 1' }, target: {}, message: /syntax error/ },
    {
      name: 'an unknown table',
      changes: { text: 'SELECT 1 AS at FROM nowhere' },
      target: {},
      message: /"nowhere" does not exist/,
    },
    {
      name: 'a division by zero',
      changes: { text: 'SELECT 1 / 0 AS at' },
      target: { key: ['at'] },
      message: /division by zero/,
    },
    {
      name: 'a missing key column',
      changes: { text: 'SELECT $1 AS at' },
      target: {},
      message: /no column "ad_type"/,
    },
    {
      name: 'two rows with one key',
      changes: { text: 'SELECT $1 AS at, 1 AS n FROM generate_series(1, 2)' },
      target: { key: ['at'], name: 'twice' },
      message: /second time/,
    },
    {
      name: 'a changed type',
      changes: { text: `SELECT 'a' AS ad_type, $1 AS at, 1.5 AS total` },
      target: { name: 'created' },
      message: /has the type numeric, but in the table "created" it has the type bigint/,
    },
    {
      name: 'a table of another role',
      changes: {},
      target: { name: 'foreign_table' },
      message: /must be owner of table foreign_table/,
    },
    {
      name: 'a statement without rows',
      changes: { text: 'DELETE FROM data.ad' },
      target: {},
      message: /syntax error at or near "DELETE"/,
    },
  ] as const)
    it(`${name} is refused with a sentence, and the transaction goes on`, async () => {
      await run(aTarget('created'))
      await database.tenant.sql(
        'CREATE TABLE IF NOT EXISTS data.foreign_table (ad_type text, at timestamptz)',
      )
      const outcome = await inOne(async (client) => {
        await client.query('CREATE TABLE IF NOT EXISTS data.went_on (id integer)')
        const statement = 'text' in changes ? changes.text : text
        const step = { ...span, text: statement, target: aTarget('refused', target) }
        const refused = await runSqlStep(client, step)
        await client.query('INSERT INTO data.went_on VALUES (1)')
        return refused
      })
      expect(outcome.kind).to.equal('refused')
      expect(outcome).to.have.property('message').that.matches(message)
      expect(await run(aTarget('created'))).to.have.property('kind', 'written')
    })

  it('a CALL gets the window, and is refused if it ends the transaction', async () => {
    await database.pool.query(
      `CREATE PROCEDURE data.note(a timestamptz, b timestamptz) LANGUAGE sql AS $$ INSERT INTO data.ad VALUES ('called', 1, a), ('called', 2, b) $$;
       CREATE PROCEDURE data.ends(a timestamptz, b timestamptz) LANGUAGE plpgsql AS $$ BEGIN COMMIT; END $$`,
    )
    expect(await run(undefined, { text: 'CALL data.note($1, $2)' })).to.have.property(
      'kind',
      'written',
    )
    const { rows } = await database.pool.query<{ created_at: Date }>(
      `SELECT created_at FROM data.ad WHERE ad_type = 'called' ORDER BY price`,
    )
    expect(rows.map((row) => row.created_at)).to.deep.equal([span.from, span.to])
    const ended = await run(undefined, { text: 'CALL data.ends($1, $2)' })
    expect(ended).to.deep.equal({ kind: 'refused', message: 'invalid transaction termination.' })
  })

  it('rows of a handler replace those of their window', async () => {
    const table = aTarget('handled')
    await run(table)
    await run(table, next)
    const rows = `[{"ad_type":"Free","at":"${span.from.toISOString()}","total":9007199254740993}]`
    const fields = ['ad_type', 'at', 'total']
    const outcome = await inOne((client) =>
      replaceWindow(client, { ...span, table, fields, rows: [rows] }),
    )
    expect(outcome).to.deep.equal({ kind: 'written', rows: 1 })
    const stored = await database.pool.query<{ total: string }>(
      'SELECT total::text FROM data.handled',
    )
    expect(stored.rows).to.deep.equal([{ total: '9007199254740993' }])
  })

  it('a reader sees the old or the new rows of a window while it is replaced, never none', async () => {
    const target = aTarget('seen')
    await run(target)
    let isDone = false
    const counts: number[] = []
    const read = async (): Promise<void> => {
      while (!isDone) {
        const { rows } = await database.pool.query<{ n: number }>(
          'SELECT count(*) AS n FROM data.seen',
        )
        counts.push(rows[0]?.n ?? -1)
      }
    }
    const reading = read()
    for (let round = 0; round < 60; round += 1) await run(target)
    isDone = true
    await reading
    expect(counts).to.have.length.greaterThan(20)
    expect(new Set(counts)).to.deep.equal(new Set([2]))
  })

  it('two workers that compute one window at the same time write it one after the other', async () => {
    const target = aTarget('raced')
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => run(target)))
    expect(outcomes.every(({ kind }) => kind === 'written')).to.equal(true)
    expect(await totals('raced')).to.have.length(2)
  })
})
