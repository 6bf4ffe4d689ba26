import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { writeDeclaration } from '../../support/declared.ts'
import { DeclaredTenant } from '../../support/declared-tenant.ts'
import { until } from '../../support/until.ts'

const job = (target: string, extra = '') => `name = "job"
from.api = true
run = { by = "method" }
${extra}
${target}
`
const margin = `name = "margin"
from.schedule = { every = "1 h" }
sql = "sql/margin.sql"
enabled = false
to.table = { name = "margin_info", key = ["type"] }
`

describe('declarations of pipelines with tasks', function () {
  this.timeout(120_000)
  let declared: DeclaredTenant

  beforeEach(async () => {
    declared = await DeclaredTenant.create({ partitions: 1 })
    rmSync(join(declared.path, 'pipelines', 'classifieds.toml'))
  })

  afterEach(() => declared[Symbol.asyncDispose]())

  const write = (name: string, text: string) => writeDeclaration(declared.path, name, text)
  const writeSql = (text: string) => {
    mkdirSync(join(declared.path, 'sql'), { recursive: true })
    writeFileSync(join(declared.path, 'sql', 'margin.sql'), text)
  }
  const stored = async (name: string) => {
    const [row] = await declared.tenant.sql<Record<string, unknown>>(
      `SELECT declaration, fault, pause_reason FROM pipeline WHERE name = '${name}'`,
    )
    return row
  }
  const untilStored = (name: string, is: (row: Record<string, unknown>) => boolean) =>
    until(`the pipeline ${name} is as expected`, async () => {
      const row = await stored(name)
      return row !== undefined && is(row)
    })
  const start = () => declared.startWorker({ intervalMs: 100 })

  it('are stored with the text of their SQL, and again when the file of SQL is changed', async () => {
    writeSql('SELECT 1 AS type')
    write('margin', margin)
    await start()
    const textIs = (text: string) =>
      untilStored('margin', ({ declaration }) => JSON.stringify(declaration).includes(text))
    await textIs('SELECT 1 AS type')
    writeSql('SELECT 22 AS type')
    await textIs('SELECT 22 AS type')
    writeSql('DELETE FROM margin_info')
    await untilStored('margin', ({ fault }) => fault !== null)
    expect((await stored('margin'))?.['fault']).to.equal(
      'line 3, column 7: sql: sql/margin.sql begins with DELETE; it needs one SELECT, WITH … SELECT or CALL.',
    )
  })

  it('are refused if they complete a cycle with a pipeline of another folder', async () => {
    const elsewhere = {
      ...{ kind: 'task', name: 'elsewhere', source: { kind: 'topic', name: 'one' } },
      to: { kind: 'topic', topic: 'two' },
    }
    await declared.tenant.sql(
      `INSERT INTO pipeline (name, file, enabled, declaration)
       VALUES ('elsewhere', '/elsewhere/pipelines/elsewhere.toml', true, $1)`,
      [elsewhere],
    )
    write('job', job('to.topic = "one"').replace('from.api = true', 'from.topic = "two"'))
    await start()
    await declared.untilLines('pipeline-refused', 1)
    expect(declared.linesOf('pipeline-refused')[0]?.['faults']).to.deep.equal([
      'line 2, column 14: from.topic: the pipelines would start each other without end: "job" writes the topic "one", "elsewhere" reads it and writes the topic "two", "job" reads it. Let one of them read or write another topic.',
    ])
  })

  it('create no table, keep their tables from other pipelines, and cannot have tables of the platform', async () => {
    write('job', job('to.table.name = "results"'))
    write('other', job('to.table.name = "task"').replace('"job"', '"other"'))
    await start()
    await declared.untilLines('pipeline-declared', 1)
    await declared.untilLines('pipeline-refused', 1)
    expect(declared.linesOf('pipeline-refused')[0]?.['faults']).to.deep.equal([
      'The platform has a table "task"; choose another name.',
    ])
    const [row] = await declared.tenant.sql(`SELECT to_regclass('data.results') AS table`)
    expect(row).to.deep.equal({ table: null })
    const rows = 'map.columns = [{ name = "id", type = "text" }]'
    write('other', `name = "other"\nfrom.topic = "a"\n${rows}\nto.table.name = "results"\n`)
    await declared.untilLines('pipeline-refused', 2)
    expect(String(declared.linesOf('pipeline-refused')[1]?.['faults'])).to.match(
      /to\.table\.name: .*job\.toml has "results" already; choose another one\.$/,
    )
  })

  it('change, but for source and target; a refused change leaves the declaration in effect', async () => {
    write('job', job('to.table = { name = "results", key = ["id"] }'))
    await start()
    await untilStored('job', ({ declaration }) => declaration !== null)
    write('job', job('to.table = { name = "results", key = ["id"] }', 'concurrency = 9'))
    await untilStored('job', ({ declaration }) =>
      JSON.stringify(declaration).includes('"concurrency":9'),
    )
    write('job', job('to.table = { name = "results", key = ["other"] }'))
    await untilStored('job', ({ fault }) => fault !== null)
    const { fault, declaration } = (await stored('job')) ?? {}
    expect(fault).to.equal(
      'to.table.key cannot change from "id" to "other".\nUndo the change, give the pipeline another name, or run: npm run pipeline -- reset job (deletes its tasks and its table).',
    )
    expect(declaration).to.include({ concurrency: 9 })
    write('job', job('to.topic = "db"', 'concurrency = 3'))
    await untilStored('job', (row) => row['fault'] !== fault)
    expect((await stored('job'))?.['fault']).to.match(
      /^to cannot change from "table" to "topic"\.\n/,
    )
  })

  it('are paused when their file is removed, and continue when it is back', async () => {
    const file = write('job', job(''))
    await start()
    await untilStored('job', ({ declaration }) => declaration !== null)
    rmSync(file)
    await untilStored('job', (row) => row['pause_reason'] !== null)
    write('job', job(''))
    await untilStored('job', (row) => row['pause_reason'] === null)
  })

  it('are listed with their tasks, described, and reset with their table', async () => {
    writeSql('SELECT 1 AS type')
    const file = write('margin', margin)
    write('job', job('to.tables = { create = true }'))
    const worker = await start()
    await untilStored('job', ({ declaration }) => declaration !== null)
    await untilStored('margin', ({ declaration }) => declaration !== null)
    // It would run the task and send the messages.
    await worker[Symbol.asyncDispose]()
    await declared.tenant.sql(
      `INSERT INTO task (pipeline, unit, method, params) VALUES ('job', 'api:1', 'a', '{}'), ('margin', 'run:1/2', 'sql', '{}');
       INSERT INTO outbox (topic, message_id, value) VALUES ('db', 'margin:1', 'x'), ('db', 'job:1', 'x');
       CREATE TABLE data.margin_info (type integer)`,
    )
    const run = (...args: string[]) => declared.run('pipeline', ...args)
    expect((await run('list')).out).to.match(/^job +\| 1 +\| 1 +\| 0 /m)
    const { out } = await run('describe', 'margin')
    expect(out).to.include('tasks     1 made: 1 queued')
    expect(out).to.include('from      every 1 h, for the window before, 2 min after its end')
    expect(out).to.include('to        table margin_info, key type, on conflict keep')
    expect((await run('check', file)).out).to.include(
      'pipeline margin is valid (every 1 h, table margin_info)',
    )
    expect((await run('accept', 'margin')).code).to.equal(2)
    expect((await run('pause', 'margin')).code).to.equal(0)
    rmSync(file)
    const reset = await run('reset', 'margin', '--yes')
    expect([reset.code, reset.out]).to.deep.equal([
      0,
      'Deleted the table "data"."margin_info" with all its rows, and the tasks, unsent messages, ledgers and dead letters of margin. npm run pipeline -- resume margin begins again.\n',
    ])
    const left = await declared.tenant.sql(
      `SELECT (SELECT string_agg(pipeline, ',') FROM task) AS tasks,
        (SELECT string_agg(pipeline, ',') FROM task_count) AS counts,
        (SELECT string_agg(message_id, ',') FROM outbox) AS messages,
        to_regclass('data.margin_info') AS table`,
    )
    expect(left).to.deep.equal([{ tasks: 'job', counts: 'job', messages: 'job:1', table: null }])
  })
})
