import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { writeDeclaration } from '../../support/declared.ts'
import { DeclaredTenant } from '../../support/declared-tenant.ts'
import { until } from '../../support/until.ts'

/** Waits until a function returns a text. */
const untilEqual = (what: string, read: () => Promise<string>, expected: string) =>
  until(what, async () => (await read()) === expected)

const margin = `name = "margin"
from.schedule = { every = "1 h" }
reads = { table = "sale", time = "at" }
sql = "sql/margin.sql"
to.table = { name = "margin", key = ["type", "from_at"], on_conflict = "update" }
`
const select = `SELECT type, $1 AS from_at, sum(mm)::bigint AS mm FROM data.sale
  WHERE at >= $1 AND at < $2 GROUP BY type`
const call = `name = "called"
from.schedule = { every = "1 h" }
sql = "sql/called.sql"
timeout = "10 min"
retry = { attempts = 1 }
`

const sumsOfHour = `name = "sums"
from.schedule = { every = "1 h" }
reads = { table = "sale", time = "at" }
run = "sums"
to.table = { name = "sums" }
`
const handlerOfSums = `import { handler, z } from 'av-telemetry'
export const sums = handler({
  name: 'sums',
  params: z.object({ from: z.string(), to: z.string() }),
  run: async ({ from, to }, context) => {
    const data = await context.query(
      'SELECT sum(mm)::bigint AS mm FROM data.sale WHERE at >= $1 AND at < $2 HAVING count(*) > 0', [from, to])
    return [{ table: 'sums', refresh: false, data }]
  },
})
`

describe('Scheduled pipelines', function () {
  this.timeout(120_000)
  let declared: DeclaredTenant
  /**
   * The end of the last hour that is due when a test begins. The next hour may become due during the
   * test, so tests look only at windows before it.
   */
  let lastEnd: Date

  beforeEach(async () => {
    lastEnd = new Date(Math.floor((Date.now() - 120_000) / 3_600_000) * 3_600_000)
    declared = await DeclaredTenant.create({ partitions: 1 })
    rmSync(join(declared.path, 'pipelines', 'classifieds.toml'))
    await declared.tenant.sql(`
      CREATE TABLE data.sale (id serial, type text, mm bigint, at timestamptz);
      ALTER TABLE data.sale OWNER TO telemetry_worker;
      GRANT SELECT ON data.sale TO telemetry_reader`)
  })

  afterEach(() => declared[Symbol.asyncDispose]())

  const writeSql = (name: string, text: string) => {
    mkdirSync(join(declared.path, 'sql'), { recursive: true })
    writeFileSync(join(declared.path, 'sql', `${name}.sql`), text)
  }
  const declare = (name: string, declaration: string, sql: string) => {
    writeSql(name, sql)
    writeDeclaration(declared.path, name, declaration)
  }
  /** The windows of the last hours have no tasks yet. */
  const startedHoursAgo = (pipeline: string, hours: number, reads: string | null = null) =>
    declared.tenant.sql(
      `INSERT INTO schedule (pipeline, made_from, made_until, reads_table)
       SELECT $1, at, at, $3 FROM (SELECT $4::timestamptz - $2 * interval '1 h' AS at) AS begun`,
      [pipeline, hours, reads, lastEnd],
    )
  const addSale = (mm: number, hoursAgo: number) =>
    declared.tenant.sql(
      `INSERT INTO data.sale (type, mm, at)
       SELECT 'a', $1, $3::timestamptz - $2 * interval '1 h' + interval '1 min'`,
      [mm, hoursAgo, lastEnd],
    )
  const start = () => declared.startWorker({ intervalMs: 100, lateRowsWaitMs: 0 })
  const tasks = (pipeline: string) =>
    declared.tenant.sql<{ state: string; code: string | null; detail: string | null }>(
      `SELECT state, code, detail FROM task
       WHERE pipeline = $1 AND (params::json ->> 'from')::timestamptz < $2 ORDER BY id`,
      [pipeline, lastEnd],
    )
  const states = async (pipeline: string) =>
    (await tasks(pipeline)).map(({ state }) => state).join(' ')
  const sums = async () => {
    const present = await declared.tenant.sql<{ is: boolean }>(
      "SELECT to_regclass('data.margin') IS NOT NULL AS is",
    )
    if (present[0]?.is !== true) return ''
    const rows = await declared.tenant.sql<{ mm: number }>(
      'SELECT mm FROM data.margin ORDER BY from_at',
    )
    return rows.map(({ mm }) => mm).join(' ')
  }

  it('compute the windows that are due, and again those with late, changed and deleted rows', async () => {
    declare('margin', margin, select)
    await startedHoursAgo('margin', 2, 'data.sale')
    await addSale(1, 2)
    await addSale(10, 1)
    await start()
    await untilEqual('both windows are computed', sums, '1 10')
    await addSale(5, 2)
    await untilEqual('the late row counts', sums, '6 10')
    await declared.tenant.sql('UPDATE data.sale SET mm = 11 WHERE mm = 10')
    await untilEqual('the changed row counts', sums, '6 11')
    await declared.tenant.sql('DELETE FROM data.sale WHERE mm = 11')
    await untilEqual('the rows of the window are removed', sums, '6')
    await untilEqual('each is a task', () => states('margin'), Array(5).fill('complete').join(' '))
  })

  it('call a procedure, and fail with the reason if the database refuses it', async () => {
    await declared.tenant.sql(`
      CREATE PROCEDURE data.fill(begin_at timestamptz, end_at timestamptz) LANGUAGE sql SECURITY DEFINER
        AS 'INSERT INTO data.sale (type, mm, at) VALUES (''called'', extract(epoch FROM end_at - begin_at), begin_at)';
      GRANT EXECUTE ON PROCEDURE data.fill TO telemetry_worker`)
    declare('called', call, 'CALL data.fill($1, $2)')
    await startedHoursAgo('called', 1)
    await start()
    await untilEqual('it was called', () => states('called'), 'complete')
    const rows = await declared.tenant.sql<{ mm: number }>(
      "SELECT mm FROM data.sale WHERE type = 'called' AND at < $1",
      [lastEnd],
    )
    expect(rows).to.deep.equal([{ mm: 3600 }])
    await declared.tenant.sql('DROP PROCEDURE data.fill')
    await declared.tenant.sql("DELETE FROM schedule WHERE pipeline = 'called'")
    await startedHoursAgo('called', 2)
    await declared.tenant.sql("INSERT INTO setting VALUES ('called', 'schedule.every', '30 min')")
    await until('a task has failed', async () => (await states('called')).includes('failed'))
    const failed = (await tasks('called')).find(({ state }) => state === 'failed')
    expect(failed?.code).to.equal('refused-by-database')
    expect(failed?.detail).to.match(/data\.fill.* does not exist/)
  })

  it('run SQL that can change neither the tables of the platform nor the session of a later step', async () => {
    await declared.tenant.sql(`
      CREATE PROCEDURE data.escape(begin_at timestamptz, end_at timestamptz) LANGUAGE sql
        AS 'INSERT INTO data.sale (type) VALUES (''escaped''); UPDATE public.task SET state = ''canceled''';
      CREATE PROCEDURE data.leave(begin_at timestamptz, end_at timestamptz) LANGUAGE plpgsql AS $$ BEGIN
        PERFORM pg_advisory_lock(720078);
        EXECUTE 'PREPARE left_over AS SELECT 1';
      END $$`)
    declare('escape', call.replaceAll('called', 'escape'), 'CALL data.escape($1, $2)')
    const oneByOne = `${call.replaceAll('called', 'leave')}concurrency = 1\n`
    declare('leave', oneByOne, 'CALL data.leave($1, $2)')
    for (const pipeline of ['escape', 'leave']) await startedHoursAgo(pipeline, 2)
    await start()
    await untilEqual('the steps are refused', () => states('escape'), 'failed failed')
    await untilEqual('the others are complete', () => states('leave'), 'complete complete')
    const [refused] = await tasks('escape')
    expect(refused).to.deep.include({
      code: 'refused-by-database',
      detail:
        'The database refused the step: permission denied for table task. The SQL of a step reads the tables of the platform, writes only tables in the schema data, and cannot change its role.',
    })
    expect(await declared.tenant.sql('SELECT FROM data.sale')).to.deep.equal([])
    await until('the lock is released', async () => {
      const locks = await declared.tenant.sql('SELECT FROM pg_locks WHERE objid = 720078')
      return locks.length === 0
    })
  })

  it('follow settings within seconds', async () => {
    declare('margin', margin, select)
    await addSale(1, 0)
    await start()
    await until('the schedule is declared', async () => {
      const rows = await declared.tenant.sql('SELECT FROM schedule')
      return rows.length === 1
    })
    const isComputed = async () => {
      const rows = await declared.tenant.sql("SELECT FROM task WHERE state = 'complete'")
      return rows.length > 0
    }
    expect(await isComputed()).to.equal(false)
    await declared.tenant.sql(
      "UPDATE schedule SET made_from = now() - interval '1 h', made_until = now() - interval '130 s'",
    )
    await declared.tenant.sql("INSERT INTO setting VALUES ('margin', 'schedule.every', '1 s')")
    // Without the setting the next window would be due in an hour.
    await until('windows are computed', isComputed)
  })

  it('end the statement of a task that is canceled', async () => {
    declare('called', call, 'CALL data.wait($1, $2)')
    await declared.tenant.sql(`
      CREATE PROCEDURE data.wait(begin_at timestamptz, end_at timestamptz) LANGUAGE sql
        AS 'SELECT pg_sleep(600)'; GRANT EXECUTE ON PROCEDURE data.wait TO telemetry_worker`)
    await startedHoursAgo('called', 1)
    await start()
    const isWaiting = async () => {
      const rows = await declared.tenant.sql(
        "SELECT FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT public.run_step%' AND state = 'active'",
      )
      return rows.length > 0
    }
    await until('the statement runs', isWaiting)
    await declared.tenant.sql(
      "UPDATE task SET cancel_requested_at = now() WHERE pipeline = 'called'",
    )
    await untilEqual('the task is canceled', () => states('called'), 'canceled')
    expect(await isWaiting()).to.equal(false)
  })

  it('replace the rows of the window with those of a handler', async () => {
    mkdirSync(join(declared.path, 'handlers'), { recursive: true })
    writeFileSync(join(declared.path, 'handlers', 'sums.ts'), handlerOfSums)
    writeDeclaration(declared.path, 'sums', sumsOfHour)
    await startedHoursAgo('sums', 1, 'data.sale')
    await addSale(3, 1)
    await start()
    const content = async () => {
      const [{ is } = { is: false }] = await declared.tenant.sql<{ is: boolean }>(
        "SELECT to_regclass('data.sums') IS NOT NULL AS is",
      )
      if (!is) return 'no table'
      const rows = await declared.tenant.sql<{ mm: number }>('SELECT mm FROM data.sums')
      return rows.map(({ mm }) => mm).join(' ')
    }
    await untilEqual('the window is computed', content, '3')
    await addSale(4, 1)
    await untilEqual('the late row counts', content, '7')
    await declared.tenant.sql('DELETE FROM data.sale')
    await untilEqual('the row is removed', content, '')
  })

  it('keep one late row per minute while they do not run; triggers that no pipeline needs are removed', async () => {
    await startedHoursAgo('removed', 2, 'data.sale')
    await declared.tenant.sql(`
      SET ROLE telemetry_worker;
      CREATE TRIGGER touch_insert_at AFTER INSERT ON data.sale REFERENCING NEW TABLE AS after
        FOR EACH STATEMENT EXECUTE FUNCTION touch_changed_rows('at');
      RESET ROLE`)
    for (const mm of [1, 2, 3]) await addSale(mm, 2)
    const left = async () => {
      const [row] = await declared.tenant.sql<{ rows: number; triggers: number }>(
        `SELECT (SELECT count(*)::int FROM touched_window WHERE pipeline = 'removed') AS rows,
           (SELECT count(*)::int FROM pg_trigger WHERE tgrelid = 'data.sale'::regclass) AS triggers`,
      )
      return `${row?.rows} rows, ${row?.triggers} triggers`
    }
    expect(await left()).to.equal('3 rows, 1 triggers')
    await start()
    await untilEqual('late rows are cleaned', left, '1 rows, 0 triggers')
  })
})
