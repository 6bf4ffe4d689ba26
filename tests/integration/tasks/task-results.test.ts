import { expect } from 'chai'
import { ExactNumber } from '../../../services/ledger/tasks/exact-number.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'
import { completeWith, part, someRules, TestWorker } from '../../support/settled.ts'

describe('Results of tasks', function () {
  this.timeout(60_000)
  let database: TaskDatabase
  let worker: TestWorker

  before(async () => {
    database = await TaskDatabase.create()
    worker = await TestWorker.start(database)
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

  it('stores the rows of a task, creates the table, and counts for the worker', async () => {
    await add('rows', 2)
    const tasks = await worker.claim('rows')
    const settled = await worker.settle(tasks, (_, index) =>
      completeWith(
        part('made', [
          {
            id: index,
            price: index + 0.5,
            at: '2026-01-31T12:00:00Z',
            ok: true,
            tags: ['a'],
            name: 'x',
          },
        ]),
      ),
    )
    expect(settled.map(({ state }) => state)).to.deep.equal(['complete', 'complete'])
    const types = await sql(
      `SELECT attname || ' ' || format_type(atttypid, NULL) AS is FROM pg_attribute WHERE attrelid = 'data.made'::regclass AND attnum > 0 ORDER BY 1`,
    )
    expect(types.map(({ is }) => is)).to.deep.equal([
      ...['at timestamp with time zone', 'id numeric', 'name text', 'ok boolean', 'price numeric'],
      'tags jsonb',
    ])
    expect(await sql('SELECT id::int, price::float8 FROM data.made ORDER BY id')).to.deep.equal([
      { id: 0, price: 0.5 },
      { id: 1, price: 1.5 },
    ])
    expect(await find(tasks[0]?.id ?? 0)).to.include({ state: 'complete', rows: 1 })
    expect(await database.workers.find(worker.id)).to.include({
      totalProcessed: 2,
      totalSuccess: 2,
    })
  })

  it('keeps all digits of numbers, also of those that a double does not hold', async () => {
    await sql(
      'CREATE TABLE data.exact (big bigint, price numeric(30, 5)); ALTER TABLE data.exact OWNER TO telemetry_worker',
    )
    await add('exact', 1)
    const big = '9007199254740993'
    await worker.settle([await claimOne('exact')], () =>
      completeWith(
        part('exact', [{ big, price: '1234567890123456789.12345' }, { big: new ExactNumber(big) }]),
      ),
    )
    expect(await sql('SELECT big::text, price FROM data.exact')).to.deep.equal([
      { big, price: '1234567890123456789.12345' },
      { big, price: null },
    ])
  })

  it('a result fails if late rows of its table start the same pipeline, which would run without end', async () => {
    await sql(`INSERT INTO pipeline (name, file, enabled, declaration) VALUES
      ('reader', '/r.toml', true, '{"source": {"reads": {"table": "read", "time": "at"}}}')`)
    await add('reader', 2)
    const settled = await worker.settle(await worker.claim('reader'), (_, index) =>
      completeWith(part(index === 0 ? 'read' : 'not_read', [{ id: 1 }])),
    )
    expect(settled.map(({ state }) => state)).to.deep.equal(['failed', 'complete'])
    expect(settled[0]?.fault).to.deep.include({
      code: 'bad-result',
      message:
        'The pipeline reads the table "read" (reads), so its own rows would start it again without end. Write to another table.',
    })
  })

  it('a result for a table that it may not write fails with what would be right', async () => {
    await sql(`INSERT INTO pipeline (name, file, enabled, declaration) VALUES
      ('owner', '/o.toml', true, '{"table": {"name": "owned"}}'),
      ('task-owner', '/t.toml', true, '{"to": {"table": {"name": "owned_too"}}}')`)
    await sql(
      'CREATE TABLE data.narrow (id int, name text); ALTER TABLE data.narrow OWNER TO telemetry_worker',
    )
    await add('faults', 6)
    const tasks = await worker.claim('faults')
    const tables = ['owned', 'owned_too', 'public.diag', 'narrow', 'missing', 'pg_x']
    const rules = someRules({ to: { kind: 'tables', mayCreate: false } })
    const settled = await worker.settle(
      tasks,
      (_, index) => completeWith(part(tables[index] ?? '', [{ id: 1, colour: 'red' }])),
      { rules },
    )
    expect(
      settled.map(({ state, fault }) => `${state} ${fault?.code}: ${fault?.message}`),
    ).to.deep.equal([
      'failed bad-result: The table "owned" belongs to the pipeline "owner". Write to another table.',
      'failed bad-result: The table "owned_too" belongs to the pipeline "task-owner". Write to another table.',
      'failed bad-result: The result names the table "public.diag". Expected a table of the schema data by its name only: lower-case letters, digits and _.',
      'failed bad-result: The field "colour" of the result has no column in the table "narrow". Its columns are: id, name.',
      'failed bad-result: There is no table "missing" in the schema data. Create it, or let the pipeline create its tables.',
      'failed bad-result: The result names the table "pg_x". Expected a table of the schema data by its name only: lower-case letters, digits and _.',
    ])
  })

  it('stores the rows of results whose fields differ, or come in another order', async () => {
    await sql(
      'CREATE TABLE data.fields (id int, name text); ALTER TABLE data.fields OWNER TO telemetry_worker',
    )
    await add('fields', 5)
    const rows = [{ id: 1, name: 'a' }, { name: 'b', id: 2 }, { id: 3 }, { id: 4, name: 'd' }]
    const results = [...rows.map((row) => [row]), [{ id: 5 }, { name: 'e' }]]
    const settled = await worker.settle(await worker.claim('fields'), (_, index) =>
      completeWith(part('fields', results[index] ?? [])),
    )
    expect(settled.map(({ state }) => state)).to.deep.equal(results.map(() => 'complete'))
    expect(await sql('SELECT id, name FROM data.fields ORDER BY id, name')).to.deep.equal([
      { id: 1, name: 'a' },
      { id: 2, name: 'b' },
      { id: 3, name: null },
      { id: 4, name: 'd' },
      { id: 5, name: null },
      { id: null, name: 'e' },
    ])
  })

  it('sees a column that a user has added after the table was read', async () => {
    await sql('CREATE TABLE data.grows (id int); ALTER TABLE data.grows OWNER TO telemetry_worker')
    await add('grows', 3)
    const write = async (row: Record<string, unknown>) =>
      (await worker.settle([await claimOne('grows')], () => completeWith(part('grows', [row]))))[0]
    expect(await write({ id: 1 })).to.include({ state: 'complete' })
    await sql('ALTER TABLE data.grows ADD COLUMN name text')
    expect(await write({ id: 2, name: 'b' })).to.include({ state: 'complete' })
    await sql('ALTER TABLE data.grows DROP COLUMN name')
    const settled = await write({ id: 3, name: 'c' })
    expect(settled?.fault?.message).to.equal(
      'The field "name" of the result has no column in the table "grows". Its columns are: id.',
    )
  })

  it('what the database refuses fails that task alone, and the others of the batch are stored', async () => {
    await sql(
      'CREATE TABLE data.checked (id int CHECK (id <> 7)); ALTER TABLE data.checked OWNER TO telemetry_worker',
    )
    await add('bisect', 20)
    const tasks = await worker.claim('bisect')
    const values = tasks.map((_, index) => (index === 11 ? 'no number' : index))
    const settled = await worker.settle(tasks, (_, index) =>
      completeWith(part('checked', [{ id: values[index] }])),
    )
    const failed = settled.filter(({ state }) => state === 'queued')
    expect(failed.map(({ id }) => id).sort()).to.deep.equal([tasks[7]?.id, tasks[11]?.id].sort())
    expect(failed.map(({ fault }) => fault?.code)).to.deep.equal([
      'refused-by-database',
      'refused-by-database',
    ])
    expect(await sql('SELECT count(*)::int AS rows FROM data.checked')).to.deep.equal([
      { rows: 18 },
    ])
  })

  it('a table with a key keeps or updates the row of a key, and the last of equal keys counts', async () => {
    const target = (kind: 'keep' | 'update') =>
      ({
        kind: 'table',
        table: { name: `key_${kind}`, key: ['id'], onConflict: { kind } },
      }) as const
    for (const kind of ['keep', 'update'] as const) {
      await add(kind, 2)
      const rules = someRules({ to: target(kind) })
      for (const version of [1, 2]) {
        const rows = [
          { id: 'a', version, at: version * 10 },
          { id: 'a', version, at: version * 10 + 1 },
        ]
        await worker.settle([await claimOne(kind)], () => completeWith(part(`key_${kind}`, rows)), {
          rules,
        })
      }
    }
    const rows = (kind: string) => sql(`SELECT id, version::int, at::int FROM data.key_${kind}`)
    expect(await rows('keep')).to.deep.equal([{ id: 'a', version: 1, at: 10 }])
    expect(await rows('update')).to.deep.equal([{ id: 'a', version: 2, at: 21 }])
  })

  it('the result for a topic is one message with the key and the id of the task', async () => {
    const [made] = await database.queue.insert('topic', [aTask(1, { transactionKey: 'T-1' })])
    const rules = someRules({ to: { kind: 'topic', topic: 'db' } })
    await worker.settle(
      [await claimOne('topic')],
      () => completeWith(part('a', [{ x: 1 }]), part('b', [], true), part('a', [{ x: 2 }])),
      { rules },
    )
    const [message] = await sql(
      `SELECT topic, message_id, key, value FROM outbox WHERE topic = 'db'`,
    )
    expect(message).to.deep.equal({
      ...{ topic: 'db', message_id: `topic:${made?.id}`, key: 'T-1' },
      value:
        '[{"table":"a","refresh":false,"data":[{"x":1},{"x":2}]},{"table":"b","refresh":true,"data":[]}]',
    })
  })

  it('a result of more than 900 KiB for a topic fails as result-too-large', async () => {
    await add('large', 1)
    const rules = someRules({ to: { kind: 'topic', topic: 'db' } })
    const rows = Array.from({ length: 10 }, () => ({ text: 'x'.repeat(100_000) }))
    const [settled] = await worker.settle(
      [await claimOne('large')],
      () => completeWith(part('a', rows)),
      { rules },
    )
    expect(settled?.state).to.equal('failed')
    expect(settled?.fault?.code).to.equal('result-too-large')
  })

  it('a result that is too large for a topic only with its key fails as result-too-large', async () => {
    await database.queue.insert('large-key', [aTask(1, { transactionKey: 'k'.repeat(500_000) })])
    const rules = someRules({ to: { kind: 'topic', topic: 'db' } })
    const rows = Array.from({ length: 5 }, () => ({ text: 'x'.repeat(100_000) }))
    const [settled] = await worker.settle(
      [await claimOne('large-key')],
      () => completeWith(part('a', rows)),
      { rules },
    )
    expect(settled).to.include({ state: 'failed' })
    expect(settled?.fault).to.include({ code: 'result-too-large' })
    expect(settled?.fault?.message).to.match(
      /^The result has 5 rows and 489 KiB, and its key 489 KiB\./,
    )
    const [envelope] = await sql<{ bytes: number }>(
      `SELECT octet_length(value) + coalesce(octet_length(key), 0) AS bytes FROM outbox WHERE message_id LIKE 'large-key:%'`,
    )
    expect(envelope?.bytes).to.be.lessThan(900 * 1024)
  })

  it('rows without a target fail as bad-result', async () => {
    await add('none', 1)
    const rules = someRules({ to: { kind: 'none' } })
    const [settled] = await worker.settle(
      [await claimOne('none')],
      () => completeWith(part('a', [{}])),
      { rules },
    )
    expect(settled?.fault?.message).to.equal(
      'The task returned 1 rows, but the pipeline has no "to". Declare a table or a topic.',
    )
  })
})
