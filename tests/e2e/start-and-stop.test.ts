import { mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import { townSizeFor } from '../../fleet/driving/simulated-drives.ts'
import { roadsGeoJson } from '../../fleet/roads/roads-geojson.ts'
import { machineAddresses } from '../../services/runtime/process/network/machine-addresses.ts'
import { roadsFile } from '../../infra/local/placement.ts'
import { readRunRecord } from '../../infra/local/run-record.ts'
import type { RunningCommand } from '../support/started-platform.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { until } from '../support/until.ts'

const runs = 'The platform is running.'

describe('npm start', function () {
  this.timeout(240_000)
  let home: PlatformHome

  before(async () => {
    home = await PlatformHome.create()
  })

  after(async () => {
    await home[Symbol.asyncDispose]()
  })

  /** Expects exit code 0 within 60 s and no remaining process. */
  async function expectCleanShutdown(command: RunningCommand): Promise<void> {
    const code = await command.waitForExit(60)
    expect(code, command.output).to.equal(0)
    expect(home.processes()).to.deep.equal([])
  }

  async function pressCtrlCAndExpectCleanShutdown(command: RunningCommand): Promise<void> {
    command.pressCtrlC()
    await expectCleanShutdown(command)
  }

  const rowsBeyond = (count: number) =>
    until(`more than ${count} rows`, async () => {
      const rows = await home.countRows()
      return rows > count && rows
    })

  describe('of a new platform', () => {
    afterEach(() => home.stopCommands())

    it('stores rows, counts readings and prints all addresses without another command', async () => {
      const platform = home.start()
      await platform.waitForOutput(runs)
      const { ingress } = home.config
      expect(platform.output).to.include(`http://localhost:${ingress.hostPort}/events`)
      expect(platform.output).to.include(`psql -h 127.0.0.1 -p ${home.config.postgres.hostPort}`)
      expect(platform.output).to.include(home.folders.logs)
      expect(platform.output).to.include('Acknowledged means stored, exactly once')
      expect(platform.output).to.include('Other machines cannot reach it (ingress.hostAddress).')
      expect(platform.output).to.include('A vehicle without a device needs no token to send')
      expect(platform.output).to.not.include('Warning')
      expect(platform.output).to.include('Ctrl-C')
      const rows = await rowsBeyond(0)
      await rowsBeyond(rows)
      const served = async (): Promise<string> =>
        (await fetch(`http://127.0.0.1:${ingress.hostPort}/events`)).text()
      const first = await served()
      await until('the counter moves', async () => (await served()) !== first)
      await pressCtrlCAndExpectCleanShutdown(platform)
    })

    it('keeps the rows of the previous run, and shuts down cleanly after SIGTERM, also if the signal comes twice', async () => {
      const platform = home.start()
      await platform.waitForOutput(runs)
      const before = await home.countRows()
      expect(before).to.be.greaterThan(0)
      await rowsBeyond(before)
      platform.terminate()
      await platform.waitForOutput('Stopping')
      platform.pressCtrlC()
      platform.pressCtrlC()
      await expectCleanShutdown(platform)
    })

    it('shuts down cleanly when stopped at any stage of the start', async function () {
      // Five starts.
      this.timeout(600_000)
      for (const stage of ['prepare', 'postgres', 'kafka', 'provision', 'consumer']) {
        const platform = home.start()
        await platform.waitForOutput(new RegExp(`❯ ${stage}`))
        await pressCtrlCAndExpectCleanShutdown(platform)
      }
    })

    it('leaves nothing behind when stopped before npm has started the command', async () => {
      const platform = home.start()
      await wait(150)
      platform.pressCtrlC()
      // npm itself ends by the signal until it has started the command.
      expect([0, null]).to.include(await platform.waitForExit())
      expect(home.processes()).to.deep.equal([])
    })
  })

  describe('of a platform that has ended by kill -9', () => {
    /** Runs until the last test. */
    let platform: RunningCommand

    after(() => home.stopCommands())

    it('cleans up after kill -9 and starts again', async () => {
      const killed = home.start()
      await killed.waitForOutput(runs)
      const rows = await rowsBeyond(0)
      const record = readRunRecord(home.folders.state)
      process.kill(record?.supervisor.pid ?? 0, 'SIGKILL')
      await killed.waitForExit()
      expect(home.processes().length).to.be.greaterThan(5)
      platform = home.start()
      await platform.waitForOutput(runs)
      expect(platform.output).to.match(
        /Stopped the processes that it had left: .*postgres-0.*kafka-0/,
      )
      await rowsBeyond(rows)
    })

    it('refuses a second platform, and other commands find the running one', async () => {
      const second = home.start()
      expect(await second.waitForExit()).to.equal(1)
      expect(second.output).to.match(
        /^The platform of this clone is already running \(process \d+\)/,
      )

      await rowsBeyond(0)
      const sql = home.command('sql', '--', 'select count(*) > 0 as some from diag')
      expect(await sql.waitForExit()).to.equal(0)
      expect(sql.output).to.equal('some\n----\nt\n(1 row)\n')

      const status = home.command('status')
      expect(await status.waitForExit(), status.output).to.equal(0)
      expect(status.output).to.match(/producer-0 +\| \d+ +\| ready/)
      expect(status.output).to.match(/ redrive: balanced\n/)
      expect(await home.deleteRow()).to.equal(true)
      const unbalanced = home.command('status')
      expect(await unbalanced.waitForExit()).to.equal(1)
      expect(unbalanced.output).to.match(
        / stored by redrive: the difference is -1\nMissing rows: 1\. Rows of diag were deleted by hand .*"If the account does not balance"\.\n/,
      )
      const lastCheck =
        'select row_imbalance::int from account_check order by checked_at desc limit 1'
      expect(await home.sql(lastCheck)).to.deep.equal([{ row_imbalance: -1 }])

      const fleet = home.command('fleet', '--', '--num-vehicles', '50', '--seed', '11')
      await fleet.waitForOutput('50 vehicles with seed 11')
      await until('60 vehicles report', async () => {
        const [row] = await home.sql<{ vehicles: number }>(
          "select count(distinct vin)::int as vehicles from diag where stored_at > now() - interval '3 s'",
        )
        return row?.vehicles === 60
      })
      // The dashboard draws the roads of the fleet that started last.
      const town = townSizeFor({ numVehicles: 50, seed: 11 })
      expect(JSON.parse(readFileSync(roadsFile(home.folders), 'utf8'))).to.deep.equal(
        roadsGeoJson(town, home.config.fleet.origin),
      )
      fleet.pressCtrlC()
      expect(await fleet.waitForExit(), fleet.output).to.equal(0)
      expect(fleet.output).to.match(/Stopped: \d+ acknowledged, 0 waiting\.\n$/)
    })

    it('restarts a service that ends unexpectedly', async () => {
      for (const name of ['consumer-0', 'producer-0', 'worker-0', 'fleet-0', 'postgres-0']) {
        const pidOf = (): number | undefined =>
          readRunRecord(home.folders.state)?.processes.find((process) => process.name === name)?.pid
        const pid = pidOf() ?? 0
        process.kill(pid, 'SIGKILL')
        await until(`${name} is another process`, () => {
          const now = pidOf()
          return now !== undefined && now !== pid
        })
      }
      const rows = await until('the database answers', () => home.countRows())
      await rowsBeyond(rows)
      const log = readFileSync(join(home.folders.logs, 'consumer-0.log'), 'utf8')
      expect(log).to.include('supervisor: consumer-0 ended unexpectedly (SIGKILL)')
    })

    it('keeps running if it cannot write the run record, and writes it at the next change', async () => {
      const { state, logs } = home.folders
      const pidOf = (name: string): number =>
        readRunRecord(state)?.processes.find((process) => process.name === name)?.pid ?? 0
      const [dashboard, producer] = [pidOf('dashboard-0'), pidOf('producer-0')]
      const ends = (): number =>
        readFileSync(join(logs, 'dashboard-0.log'), 'utf8').split('ended unexpectedly').length
      const endsBefore = ends()
      const record = join(state, 'run.json')
      rmSync(record)
      mkdirSync(record)
      process.kill(dashboard, 'SIGKILL')
      await until('the end of the process is logged', () => ends() > endsBefore)
      rmSync(record, { recursive: true })
      process.kill(producer, 'SIGKILL')
      await until('the run record contains the dashboard', () => home.isRunning('dashboard-0'))
    })

    it('shuts down cleanly after all these changes', () =>
      pressCtrlCAndExpectCleanShutdown(platform))
  })

  describe('with changed data', () => {
    afterEach(() => home.stopCommands())

    it('reports a new log after the folders of Kafka and ZooKeeper were removed', async () => {
      for (const name of ['kafka-0', 'zookeeper-0']) {
        rmSync(join(home.folders.data, name), { recursive: true })
      }
      const platform = home.start()
      // A log id is skipped if its topic could not be created immediately.
      await platform.waitForOutput(
        /Log [2-9] began at \S+: the topic was created\. Readings that were only in Kafka/,
      )
      const rows = await home.countRows()
      expect(rows).to.be.greaterThan(0)
      await rowsBeyond(rows)
      await pressCtrlCAndExpectCleanShutdown(platform)
    })

    it('starts empty with --fresh, and warns of a public dashboard without a token', async () => {
      const settings = [
        'fleet.numVehicles=0',
        'dashboard.public=true',
        'ingress.hostAddress=0.0.0.0',
      ]
      const platform = home.start('--fresh', ...settings.flatMap((setting) => ['--set', setting]))
      await platform.waitForOutput(
        /\n {2}stop {2}[^]*\nWarning: dashboard\.public is true and .*\n/,
      )
      const { ingress, dashboard } = home.config
      for (const host of machineAddresses()) {
        expect(platform.output).to.include(`http://${host}:${ingress.hostPort}/events for vehicles`)
        expect(platform.output).to.include(
          `http://${host}:${dashboard.hostPort}/ for other machines`,
        )
      }
      expect(await home.countRows()).to.equal(0)
      await pressCtrlCAndExpectCleanShutdown(platform)
    })
  })
})
