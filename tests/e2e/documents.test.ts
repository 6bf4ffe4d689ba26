import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'
import type { Result } from '../support/commands-to-run.ts'
import { backup, expectations, expectSuccess } from '../support/commands-to-run.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const majorVersion = /\(PostgreSQL\) (\d+)/
const leastClient = 18

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
