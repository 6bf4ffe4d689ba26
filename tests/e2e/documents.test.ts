import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'
import { readDocuments } from '../support/documents.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'
import { notRun } from '../support/documented-commands.ts'

type Result = { readonly status: number | null; readonly output: string }
type Expectation = (result: Result) => void

const expectSuccess =
  (text: string | RegExp): Expectation =>
  ({ status, output }) => {
    expect(status, output).to.equal(0)
    expect(output).to.match(new RegExp(text))
  }
/** The test platform does not have what the example names, or the command needs a terminal. */
const expectError =
  (text: string | RegExp): Expectation =>
  ({ status, output }) => {
    expect(status, output).to.equal(1)
    expect(output).to.match(new RegExp(text))
  }

/** The commands that the test runs against a started platform, and what they must print. */
const expectations: Readonly<Record<string, Expectation>> = {
  [`curl -i localhost:5001/events -H 'content-type: application/json'   -d "{\\"vin\\":\\"TEST-1\\",\\"timestamp\\":$(date +%s),\\"latitude\\":37.77,\\"longitude\\":-122.42,\\"speed\\":3.5}"`]:
    expectSuccess(/HTTP\/1.1 202[^]*"accepted":1,"receipts":\["\d+-\d+-\d+"\]/),
  'curl -i "localhost:5001/devices/osmand?id=TEST-2&lat=37.77&lon=-122.42&speed_mps=3.5&timestamp=$(date +%s)"':
    expectSuccess(/HTTP\/1.1 200/),
  [`npm run sql -- "with deleted as (delete from diag where vin = 'TEST-1' returning recorded_at)   insert into retired_day as present (day, row_count)   select (recorded_at at time zone 'UTC')::date, count(*) from deleted group by 1   on conflict (day) do update set row_count = present.row_count + excluded.row_count"`]:
    expectSuccess(/\nINSERT 1\n$/),
  'npm run status': expectSuccess(/producer-0[^]* \+ 1 deleted [^]*: balanced\n/),
  "npm run sql -- \"update dead_letter set record_key = null, record_value = null, record_headers = '[]', detail = 'deleted' where record_key = 'TEST-1'\"":
    expectSuccess(/\nUPDATE 0\n$/),
  'npm run sql -- "select vin, recorded_at from latest_position where recorded_at < now() - interval \'1 hour\' order by recorded_at"':
    expectSuccess(/\(0 rows\)/),
  'curl -s "localhost:5002/api/vehicles?state=silent"': expectSuccess(/^{"vehicles":\[\]/),
  'npm run sql -- "select * from diag order by stored_at desc limit 5"':
    expectSuccess(/vin[^]*\(\d rows?\)/),
  'npm run sql -- "select * from diag where vin = \'X\' order by recorded_at desc, sequence desc limit 1"':
    expectSuccess(/\(0 rows\)/),
  'npm run pipeline -- list': expectSuccess(/vehicle_hour/),
  'npm run tasks -- list': expectSuccess(/No task has been made yet\.|vehicle_hour/),
  'npm run tasks -- list --state failed': expectSuccess(/No (?:task|failed)/),
  'npm run config -- set vehicle_hour.enabled false': expectSuccess(
    'Set vehicle_hour.enabled to false.',
  ),
  'npm run sql -- "select hour_begin, distance_mm / 1e6 as km, stops from vehicle_hour where vin = \'X\' order by hour_begin desc limit 24"':
    expectSuccess(/\(0 rows\)/),
  'npm run status -- --json': expectSuccess(/"isInOrder": true[^]*"rowImbalance": 0/),
  'npm run size -- --vehicles 50 --interval 1': expectSuccess('producers'),
  'npm run size -- --vehicles 100000 --interval 5': expectSuccess('20,000/s'),
  'npm run config -- list': expectSuccess(/worker\.log_level +\| info +\| file/),
  'npm run config -- set worker.log_level debug': expectSuccess('Set worker.log_level to debug.'),
  'npm run config -- get worker.log_level': expectSuccess(/^debug$/m),
  'npm run config -- unset worker.log_level': expectSuccess('Removed the setting'),
  'npm run config -- history': expectSuccess(/worker\.log_level/),
  'npm run dead-letters -- list': expectSuccess(/dead letter/),
  'npm run dead-letters -- list --all --reason out-of-range --since 2026-01-31':
    expectSuccess(/dead letter/),
  'npm run dead-letters -- redrive --open': expectSuccess(/dead letter/),
  'npm run dead-letters -- show 1-3-1042': expectError('1-3-1042'),
  'npm run dead-letters -- redrive --reason time-too-old': expectSuccess(/dead letter/),
  'npm run dead-letters -- discard 12 --reason-text "test drive"': expectError('12'),
  // The last test deletes the row that this command counts.
  'npm run sql -- "insert into retired_day as present (day, row_count) values (\'2026-01-31\', 1) on conflict (day) do update set row_count = present.row_count + excluded.row_count"':
    expectSuccess(/\nINSERT 1\n$/),
}

/** Backup and restore, in the order of the document. They need the client programs of Postgres 18. */
const backup = [
  'pg_dump -h 127.0.0.1 -p 54321 -U av_telemetry -Fc -f backup.dump av_telemetry',
  'createdb -h 127.0.0.1 -p 54321 -U av_telemetry restored',
  'pg_restore -h 127.0.0.1 -p 54321 -U av_telemetry -d restored backup.dump',
]
const majorVersion = /\(PostgreSQL\) (\d+)/
const leastClient = 18

const programs =
  /^(?:npm|npx|node|curl|docker|pulumi|git|prometheus|pmtiles|createdb|pg_dump|brew|pg_restore|psql|scripts\/\S+\.sh)(?: |$)/
/** Excludes names of programs in a sentence. */
const isCommand = (text: string): boolean => text.includes(' ') || text.startsWith('scripts/')

/** Every command of README and docs. */
const commands = [
  ...new Set(
    readDocuments()
      .filter(({ file }) => file === 'README.md' || file.startsWith('docs/'))
      .flatMap(({ code }) => code)
      .filter((text) => programs.test(text) && isCommand(text)),
  ),
].sort()

describe('commands of README and docs', function () {
  this.timeout(300_000)
  let home: PlatformHome

  before(async () => {
    home = await PlatformHome.create()
    await home.start().waitForOutput('The platform is running.', 180)
    await until('there are rows', async () => (await home.countRows()) > 0)
  })

  after(async () => {
    await home[Symbol.asyncDispose]()
  })

  it('are all either run by this test or listed as not run with a reason', () => {
    const known = [...Object.keys(expectations), ...backup, ...Object.keys(notRun)]
    expect(commands.filter((command) => !known.includes(command))).to.deep.equal([])
    expect(known.filter((command) => !commands.includes(command))).to.deep.equal([])
  })

  for (const [command, expectation] of Object.entries(expectations)) {
    it(`${command.slice(0, 60)} prints the documented output`, () => {
      expectation(runOn(home, command))
    })
  }

  it('for backup and restore copy all rows into a second database', async function () {
    const [, major] = majorVersion.exec(runOn(home, 'pg_dump --version').output) ?? []
    if (Number(major ?? 0) < leastClient) this.skip()
    const rowsBefore = await home.countRows()
    for (const command of backup) {
      expect(runOn(home, command, { cwd: home.folders.state })).to.deep.equal({
        status: 0,
        output: '',
      })
    }
    const count =
      'psql -h 127.0.0.1 -p 54321 -U av_telemetry -Atc "select count(*) from diag" restored'
    const rows = Number(runOn(home, count).output)
    expect(rows).to.be.within(rowsBefore, await home.countRows())
  })

  it('the account balances after a row was deleted and counted as documented', async () => {
    expect(await home.deleteRow()).to.equal(true)
    expectSuccess(/: balanced\n/)(runOn(home, 'npm run status'))
  })

  it('the client in Python keeps readings until their 202, also over a restart', async function () {
    if (spawnSync('python3', ['-V']).status !== 0) {
      this.test!.title += ' (skipped: there is no python3)'
      this.skip()
    }
    using folder = new TemporaryFolder()
    const [script, outbox] = [join(folder.path, 'send.py'), join(folder.path, 'outbox.db')]
    const text = readFileSync(join(root, 'docs', 'http.md'), 'utf8')
    writeFileSync(script, /```python\n([^]*?)```/.exec(text)?.[1] ?? '')
    const reading = (vin: string, latitude: number): string =>
      JSON.stringify({ vin, timestamp: Date.now() / 1000, latitude, longitude: 13, speed: 1 })
    const lines = [reading('VAN-1', 52), 'not JSON', reading('VAN 1', 52), reading('VAN-1', 53)]

    const toNowhere = `timeout 3 python3 ${script} http://127.0.0.1:1/events ${outbox}`
    const unreachable = runOn(home, toNowhere, { input: `${lines.join('\n')}\n` })
    expect(unreachable.status).to.equal(124)
    expect(unreachable.output).to.match(/not a JSON object: not JSON\n[^]*waiting no response/)

    const sent = runOn(home, `timeout 30 python3 ${script} http://localhost:5001/events ${outbox}`)
    expect(sent.status, sent.output).to.equal(0)
    expect(sent.output).to.match(/^refused invalid-vin .*VAN 1/)
    await until('both readings are stored', async () => {
      const rows = await home.sql("select sequence::int from diag where vin = 'VAN-1' order by 1")
      return rows.length === 2
    })
    const again = runOn(home, `timeout 30 python3 ${script} http://localhost:5001/events ${outbox}`)
    expect(again).to.deep.equal({ status: 0, output: '' })
  })
})

/** Runs a documented command with the addresses of the test platform. */
function runOn(
  { config, folders }: PlatformHome,
  command: string,
  options: { cwd?: string; input?: string } = {},
): Result {
  const line = command
    .replace('localhost:5001', `localhost:${config.ingress.hostPort}`)
    .replace('localhost:5002', `localhost:${config.dashboard.hostPort}`)
    .replace('-p 54321', `-p ${config.postgres.hostPort}`)
  const env = {
    ...process.env,
    AV_TELEMETRY_HOME: folders.state,
    PGPASSFILE: join(folders.secrets, 'pgpass'),
    NO_COLOR: '1',
  }
  const { status, stdout, stderr } = spawnSync('sh', ['-c', line], {
    cwd: root,
    env,
    encoding: 'utf8',
    input: '',
    ...options,
  })
  return { status, output: stdout + stderr }
}
