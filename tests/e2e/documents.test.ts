import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'
import { readDocuments } from '../support/documents.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

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
  'npm run pipeline -- list': expectSuccess('No pipeline is declared'),
  'npm run tasks -- list': expectSuccess('No task has been made yet.'),
  'npm run tasks -- list --state failed': expectSuccess('No task has been made yet.'),
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

const docker = 'needs a Docker engine: tests/docker'
const untilCtrlC = 'runs until Ctrl-C: tests/e2e/start-and-stop.test.ts'
const long = 'takes over a minute'
const internet = 'needs the internet'
const example = 'needs a pipeline: tests/e2e/classifieds.test.ts'
const steps = 'needs a pipeline: tests/e2e/classifieds-steps.test.ts'
const task = 'needs a pipeline of tasks: tests/integration/tasks/task-commands.test.ts'
const placeholder = 'is a pattern with a placeholder, not a command'

/** The commands that the test does not run, with the reason. */
const notRun: Readonly<Record<string, string>> = {
  'git clone <this repository> av-telemetry && cd av-telemetry': internet,
  'git pull': internet,
  'git stash': 'reverts files of the clone',
  'git stash pop': 'changes files of the clone',
  'curl -H "authorization: Bearer $(cat FILE)" …': placeholder,
  'brew install postgresql@18': 'installs programs on macOS',
  'git checkout img': 'reverts files of the clone',
  'npm start': untilCtrlC,
  'npm start -- --fresh': untilCtrlC,
  'npm start -- --config second.json':
    'runs until Ctrl-C; the file is tested in tests/unit/documents/second-platform.test.ts',
  'npm start -- --set kafka.partitions=12': untilCtrlC,
  'npm start -- --fresh --set fleet.numVehicles=0': untilCtrlC,
  'npm start -- --set dashboard.pmtilesFile=berlin.pmtiles': untilCtrlC,
  "npm start -- --set dashboard.pmtilesFile=berlin.pmtiles dashboard.tilesAttribution='© OpenStreetMap contributors'":
    untilCtrlC,
  'npm start -- --set "dashboard.tilesUrl=https://tiles.example.com/{z}/{x}/{y}.png" dashboard.tilesAttribution=\'© OpenStreetMap contributors\'':
    untilCtrlC,
  'npm run fleet': 'runs until Ctrl-C: tests/integration/fleet',
  'npm run fleet -- --num-vehicles 5': 'runs until Ctrl-C: tests/integration/fleet',
  'npm run fleet -- --num-vehicles 50':
    'runs until Ctrl-C; the options are tested in tests/contract/missing-separator.test.ts',
  'npm run fleet -- --num-vehicles 50 [--host HOST:PORT]': placeholder,
  'npm run fleet -- --trace drive.csv': 'runs until Ctrl-C: tests/e2e/recorded-drive.test.ts',
  'npm run fleet -- --num-vehicles 1000 --vehicles-per-container 250': docker,
  'npm run fleet -- --in docker --host HOST:PORT': placeholder,
  'npm run fleet -- --down': docker,
  'npm run sql -- "…"': placeholder,
  'npm run --silent dead-letters -- …': placeholder,
  'npm run dead-letters -- redrive': 'is the name of the command, which needs a selection',
  'npm run dead-letters -- skip': 'is the name of the command, which needs a partition',
  'npm run dead-letters -- skip 3 120..139':
    'needs a damaged file of Kafka: tests/integration/brokers/damaged-segment.test.ts',
  'npm run dead-letters -- skip PARTITION FIRST..LAST': placeholder,
  'npm run fleet -- --trace': 'is the name of an option, which needs a file',
  'npm start -- --set worker.folder=my-pipelines': untilCtrlC,
  'npm run examples -- classifieds': example,
  'npm run sql -- "select id, created_at, ad_type, price, currency from Classifieds order by id"':
    example,
  'npm run sql -- "select * from classifieds"': example,
  'npm run job -- fleet_daily_summary --params \'{"day":"2026-01-30"}\' --wait': task,
  'curl -s localhost:5002/api/tasks -H \'content-type: application/json\' -d \'{"method":"fleet_daily_summary","params":{"day":"2026-01-30"},"id":"summary-2026-01-30"}\'':
    task,
  "npm run job -- NAME --params '{}' --wait": placeholder,
  'npm run job -- NAME --params JSON': placeholder,
  'npm run tasks -- show ID': placeholder,
  'npm run tasks -- cancel ID': placeholder,
  'npm run tasks -- retry ID': placeholder,
  'npm run tasks -- retry --pipeline NAME --state failed': placeholder,
  'npm run pipeline -- reset': 'is the name of the command, which needs a pipeline',
  'npm run dead-letters -- list --pipeline NAME': placeholder,
  'npm run dead-letters -- redrive --open --pipeline NAME': placeholder,
  'npm run worker -- --pipelines NAME': placeholder,
  'npm run worker -- --pipelines classifieds': steps,
  'npm run pipeline -- describe classifieds': steps,
  'npm run sql -- "select * from Classifieds"': steps,
  "npm run config -- set classifieds.batch.within '2 s'": steps,
  "npm run config -- set margin.schedule.every '60 s'":
    'needs a pipeline with a schedule; the tests of settings run it',
  'npm run pipeline -- check [FILE...]': placeholder,
  'npm run pipeline -- describe NAME': placeholder,
  'npm run pipeline -- pause NAME [--reason TEXT]': placeholder,
  'npm run pipeline -- resume NAME': placeholder,
  'npm run pipeline -- resume NAME --from earliest': placeholder,
  'npm run pipeline -- resume NAME --from earliest|latest': placeholder,
  'npm run pipeline -- reset NAME --yes': placeholder,
  'npm run pipeline -- accept NAME --yes': placeholder,
  'npm run size': 'is the name of the command, which needs --vehicles',
  'npm test': long,
  'npm run test:fast': long,
  'npm run test:docker': long,
  'npm run verify': `${long}: tests/e2e/verify.test.ts`,
  'npm run verify -- --quick': `${long}: tests/e2e/verify.test.ts`,
  'npm run verify -- --workload classifieds': `${long}: tests/e2e/verify.test.ts`,
  'npm run verify -- --seed 1': `${long}: tests/e2e/verify.test.ts`,
  'npm run verify -- --faults broker-kill,mixed --rate 500 --duration 60 --seed 7': `${long}: tests/e2e/verify.test.ts`,
  'npm run fuzz': `${long}: tests/integration/operation/fuzz.test.ts`,
  'npm run fuzz -- --schema': `${long}: tests/integration/operation/openapi.test.ts`,
  'npm run bench': long,
  'npm run bench -- --quick': long,
  'npm run bench -- sink ingest-single --records 500000': long,
  'npm run bench -- cost': long,
  'npm run bench -- dashboard-track': long,
  'npm run bench -- dashboard-map dashboard-stream': long,
  'npx patch-package kafkajs --patch-dir services/adapters/kafka/patches':
    'changes the patch of the clone: tests/contract/kafkajs-patch.test.ts',
  'npm ci && pulumi up': docker,
  'pulumi up': docker,
  'pulumi destroy': docker,
  'scripts/launch-infra.sh': docker,
  'scripts/teardown-infra.sh': docker,
  'scripts/teardown-infra.sh --images': docker,
  'scripts/teardown-fleet.sh': docker,
  'docker exec … psql': placeholder,
  'docker exec av_telemetry-postgres-0 pg_dump -U av_telemetry -Fc av_telemetry > backup.dump':
    docker,
  'docker exec av_telemetry-postgres-0 createdb -U av_telemetry restored': docker,
  'docker exec -i av_telemetry-postgres-0 pg_restore -U av_telemetry -d restored < backup.dump':
    docker,
  'npm start -- --set fleet.numVehicles=0': untilCtrlC,
  'docker container prune': docker,
  'docker inspect': docker,
  'docker logs': docker,
  'docker logs av_telemetry-provision-0': docker,
  'docker update': docker,
  'docker update --pids-limit': docker,
  'prometheus --config.file=infra/monitoring/prometheus.yml':
    'runs until Ctrl-C: tests/e2e/monitoring.test.ts',
  'pmtiles extract https://build.protomaps.com/YYYYMMDD.pmtiles berlin.pmtiles --bbox=13.0,52.3,13.8,52.7 --maxzoom=15':
    internet,
}

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
