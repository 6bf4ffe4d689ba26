import { expect } from 'chai'
import type pg from 'pg'
import { inTransaction } from '../../../services/adapters/postgres/driver/connection.ts'
import { shareRightsWithSteps } from '../../../services/adapters/postgres/windows/step-rights.ts'
import { installTouch } from '../../../services/adapters/postgres/windows/touch-triggers.ts'
import { runSqlStep } from '../../../services/adapters/postgres/windows/window-step.ts'
import type { TargetTable } from '../../../services/ledger/tasks/target.ts'
import { aTask, TaskDatabase } from '../../support/task-database.ts'
import { refusedBodies } from './refused-bodies.ts'

const span = { from: new Date('2026-03-01T10:00Z'), to: new Date('2026-03-01T11:00Z') }
const target: TargetTable = { name: 'result', key: ['at'], onConflict: { kind: 'update' } }

describe('The SQL of a step', function () {
  this.timeout(60_000)
  let database: TaskDatabase
  let otherConnection: pg.PoolClient

  before(async () => {
    database = await TaskDatabase.create()
    otherConnection = await database.poolOf('worker', 1).connect()
    await database.pool.query('CREATE TABLE data.ad (note text)')
    await database.queue.insert('queued', [aTask(1)])
    await database.tenant.sql(
      `CREATE FUNCTION data.as_worker() RETURNS void LANGUAGE sql SET role = 'telemetry_worker'
       AS 'DELETE FROM task'`,
    )
  })
  after(async () => {
    otherConnection.release()
    await database[Symbol.asyncDispose]()
  })
  beforeEach(() => database.pool.query('TRUNCATE data.ad'))

  const sql = <Row extends pg.QueryResultRow>(text: string) => database.tenant.sql<Row>(text)
  const notes = async () =>
    (await sql<{ note: string }>('SELECT note FROM data.ad')).map(({ note }) => note)
  const step = (client: pg.PoolClient, text: string, to?: TargetTable) =>
    runSqlStep(client, { ...span, text, target: to })
  const run = (text: string, to?: TargetTable) =>
    inTransaction(database.pool, (client) => step(client, text, to))
  const procedure = (body: string) =>
    sql(`CREATE OR REPLACE PROCEDURE data.body(a timestamptz, b timestamptz) LANGUAGE plpgsql AS $body$ BEGIN
      INSERT INTO data.ad VALUES ('of the step'); ${body}; END $body$`)
  const call = 'CALL data.body($1, $2)'

  for (const [name, body, reason] of refusedBodies)
    it(`is refused and changes nothing if it ${name}`, async () => {
      await procedure(body)
      const { outcome, user } = await inTransaction(database.pool, async (client) => {
        const refused = await step(client, call)
        // The transaction goes on with the rights of the worker.
        await client.query('UPDATE task SET progress = 0.5')
        const { rows } = await client.query<{ user: string }>('SELECT current_user AS user')
        return { outcome: refused, user: rows[0]?.user }
      })
      expect(outcome.kind).to.equal('refused')
      expect(outcome).to.have.property('message').that.matches(reason)
      expect(user).to.equal('telemetry_worker')
      expect(await notes()).to.deep.equal([])
    })
  for (const { name, text } of [
    {
      name: 'that changes its role',
      text: `SELECT set_config('role', 'telemetry_worker', true) AS at`,
    },
    {
      name: 'that deletes tasks',
      text: 'WITH gone AS (DELETE FROM task RETURNING id) SELECT $1 AS at FROM gone',
    },
    { name: 'with a second statement', text: 'SELECT $1 AS at; DELETE FROM task' },
  ])
    it(`is refused if it is a SELECT ${name}`, async () => {
      expect(await run(text, target)).to.have.property('kind', 'refused')
      expect(await sql('SELECT FROM task')).to.have.length(1)
    })

  it('writes tables of the workers: in a procedure, and in WITH', async () => {
    await procedure(
      `UPDATE data.ad SET note = 'updated'; INSERT INTO data.ad VALUES ('other'); DELETE FROM data.ad WHERE note = 'other'`,
    )
    expect(await run(call)).to.deep.equal({ kind: 'written', rows: 0 })
    expect(await notes()).to.deep.equal(['updated'])
    const text = 'WITH gone AS (DELETE FROM data.ad RETURNING note) SELECT $1 AS at, note FROM gone'
    expect(await run(text, target)).to.deep.equal({ kind: 'written', rows: 1 })
    expect(await sql('SELECT note FROM data.result')).to.deep.equal([{ note: 'updated' }])
    expect(await notes()).to.deep.equal([])
  })

  it('may execute only two functions of the platform with more rights than its own', async () => {
    const functions = await sql<{ name: string }>(
      `SELECT proname AS name FROM pg_proc
       WHERE pronamespace = 'public'::regnamespace AND prosecdef AND prorettype <> 'trigger'::regtype
         AND has_function_privilege('telemetry_step', oid, 'EXECUTE') ORDER BY proname`,
    )
    expect(functions.map(({ name }) => name)).to.deep.equal(['run_step', 'touch_minutes'])
  })

  it('records the minutes of rows that it adds late', async () => {
    await database.pool.query('CREATE TABLE data.sold (at timestamptz)')
    await inTransaction(database.pool, (client) =>
      installTouch(client, { schema: 'data', table: 'sold', time: 'at' }),
    )
    await database.pool.query(
      "INSERT INTO schedule (pipeline, made_from, made_until, reads_table) VALUES ('reads', now(), now(), 'data.sold')",
    )
    await procedure('INSERT INTO data.sold VALUES (a)')
    expect(await run(call)).to.have.property('kind', 'written')
    expect(await sql('SELECT minute FROM touched_window')).to.deep.equal([{ minute: span.from }])
  })

  it('reads every table that the worker may read, and uses temporary tables', async () => {
    const refused = await sql(
      `SELECT oid::regclass FROM pg_class
       WHERE relnamespace IN ('public'::regnamespace, 'data'::regnamespace) AND relkind IN ('r', 'p', 'v')
         AND has_table_privilege('telemetry_worker', oid, 'SELECT')
         AND NOT has_table_privilege('telemetry_step', oid, 'SELECT')`,
    )
    expect(refused).to.deep.equal([])
    await procedure(
      'CREATE TEMP TABLE own ON COMMIT DROP AS SELECT count(*) AS n FROM task; INSERT INTO data.ad SELECT n::text FROM own',
    )
    expect(await run(call)).to.have.property('kind', 'written')
    expect(await notes()).to.deep.equal(['of the step', '1'])
  })

  it('uses tables, sequences and procedures that the worker got from another role', async () => {
    await sql(`
      CREATE TABLE data.given (id serial, note text);
      CREATE TABLE data.granted (note text);
      CREATE PROCEDURE data.allowed(a date, b text) LANGUAGE sql AS $$
        INSERT INTO data.given (note) VALUES (a || ' ' || b); INSERT INTO data.granted VALUES ('granted') $$;
      REVOKE EXECUTE ON PROCEDURE data.allowed FROM PUBLIC`)
    const text = 'CALL data.allowed($1, $2)'
    expect(await run(text)).to.have.property('kind', 'refused')
    await sql(`
      ALTER TABLE data.given OWNER TO telemetry_worker;
      GRANT INSERT ON data.granted TO telemetry_worker;
      GRANT EXECUTE ON PROCEDURE data.allowed TO telemetry_worker`)
    await shareRightsWithSteps(database.pool)
    expect(await run(text)).to.deep.equal({ kind: 'written', rows: 0 })
    expect(await sql('SELECT id, note FROM data.given')).to.deep.equal([
      { id: 1, note: '2026-03-01 2026-03-01T11:00:00.000Z' },
    ])
  })

  it('get their rights on many tables while other steps do the same', async () => {
    const names = Array.from({ length: 20 }, (_, index) => `data.many_${index}`)
    await sql(names.map((name) => `CREATE TABLE ${name} (id int)`).join(';'))
    const list = names.join(', ')
    for (let round = 0; round < 5; round += 1) {
      await sql(
        `GRANT SELECT ON ${list} TO telemetry_worker; REVOKE ALL ON ${list} FROM telemetry_step`,
      )
      await Promise.all(Array.from({ length: 8 }, () => shareRightsWithSteps(database.pool)))
    }
    expect(await run(`SELECT $1 AS at FROM ${list}`, target)).to.have.property('kind', 'written')
  })

  it('leaves no settings, cursors and temporary tables that affect the rest of its transaction', async () => {
    await sql(`CREATE FUNCTION data.note_user() RETURNS text LANGUAGE sql AS
      'INSERT INTO data.ad VALUES (current_user) RETURNING note'`)
    await procedure(`
      CREATE TEMP TABLE task (id bigint, progress float);
      SET search_path = nowhere; SET synchronous_commit = off; SET telemetry.long_transaction = off;
      EXECUTE 'DECLARE held CURSOR WITH HOLD FOR SELECT data.note_user()'`)
    const settings = await inTransaction(database.pool, async (client) => {
      expect(await step(client, call)).to.have.property('kind', 'written')
      const updated = await client.query('UPDATE task SET progress = 0.7')
      expect(updated.rowCount).to.equal(1)
      return (
        await client.query<Record<string, string>>(
          `SELECT current_setting('synchronous_commit') AS commit, current_setting('telemetry.long_transaction') AS long`,
        )
      ).rows
    })
    expect(settings).to.deep.equal([{ commit: 'on', long: 'on' }])
    expect(await sql('SELECT progress FROM public.task')).to.deep.equal([{ progress: 0.7 }])
    expect(await notes()).to.deep.equal(['of the step'])
  })

  it('runs deferred triggers with the rights of the step, and is refused by a deferred constraint', async () => {
    await sql(`
      CREATE TABLE data.log (note text PRIMARY KEY DEFERRABLE INITIALLY DEFERRED);
      ALTER TABLE data.log OWNER TO telemetry_worker;
      CREATE FUNCTION data.log_user() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN INSERT INTO data.log VALUES (current_user); RETURN NULL; END $$;
      CREATE CONSTRAINT TRIGGER log AFTER INSERT ON data.ad DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION data.log_user()`)
    await shareRightsWithSteps(database.pool)
    await procedure('NULL')
    expect(await run(call)).to.have.property('kind', 'written')
    expect(await sql('SELECT note FROM data.log')).to.deep.equal([{ note: 'telemetry_step' }])
    const again = await run(call)
    expect(again)
      .to.have.property('message')
      .that.matches(/duplicate key/)
    expect(await notes()).to.deep.equal(['of the step'])
  })
})
