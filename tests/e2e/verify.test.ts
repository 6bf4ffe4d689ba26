import { join } from 'node:path'
import { rmSync } from 'node:fs'
import { expect } from 'chai'
import type { Folders } from '../../infra/local/folders.ts'
import { foldersOf } from '../../infra/local/folders.ts'
import { runningPlatform } from '../../infra/local/run-record.ts'
import { ownerClient } from '../../scripts/platform/database.ts'
import { root } from '../../scripts/platform/paths.ts'
import { createStateFolder } from '../support/servers.ts'
import { RunningCommand } from '../support/started-platform.ts'
import { until } from '../support/until.ts'

const quickFaults = [
  'consumer-kill',
  'producer-kill',
  'broker-kill',
  'zookeeper-stop',
  'postgres-kill',
  'postgres-stop',
  'rebalance',
  'terminate',
  'postgres-cut',
  'network-cut',
  'network-slow',
  'full-disk',
  'poison',
  'twice',
  'disconnect',
  'offline',
  'clock',
]
const noEngine = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }

type Line = Readonly<Record<string, unknown>> & { readonly fault: string }
type Report = { readonly seed: number; readonly faults: readonly Line[] }

describe('npm run verify', function () {
  this.timeout(900_000)
  let home: string
  let command: RunningCommand | undefined

  beforeEach(() => {
    home = createStateFolder()
  })

  afterEach(async () => {
    await command?.stop()
    rmSync(home, { recursive: true, force: true })
  })

  function verify(...args: string[]): RunningCommand {
    command = new RunningCommand(['verify', '--', ...args], home, noEngine)
    return command
  }

  const at = (): Folders => foldersOf(root, join(home, 'verify'))

  /** Runs a statement on the platform under test, without the command. */
  async function change(text: string): Promise<number | null> {
    const platform = runningPlatform(at().state)
    if (!platform) throw new Error('no platform runs')
    const client = ownerClient(platform.config, at())
    await client.connect()
    try {
      return (await client.query(text)).rowCount
    } finally {
      await client.end()
    }
  }

  it('injects all quick faults into a separate platform and finds no loss', async () => {
    // A low rate, because the machine may be busy. The test does not check how fast the platform
    // recovers.
    const options = ['--quick', '--json', '--seed', '7', '--rate', '500']
    const running = verify(...options)
    expect(await running.waitForExit(), running.output).to.equal(0)
    const report = JSON.parse(running.stdout) as Report
    expect(report.seed).to.equal(7)
    expect(report.faults.map(({ fault }) => fault)).to.deep.equal(quickFaults)
    for (const line of report.faults.filter(({ notInjected }) => notInjected === undefined)) {
      const { fault, acknowledged, recoverySeconds } = line
      expect(line, fault).to.deep.equal({
        fault,
        acknowledged,
        stored: acknowledged,
        lost: 0,
        duplicateRows: 0,
        refused: line['refused'],
        recoverySeconds,
        ledgerBalanced: true,
      })
      expect(acknowledged).to.be.greaterThan(0)
      expect(recoverySeconds).to.be.greaterThan(0)
    }
    expect(runningPlatform(at().state)).to.equal(undefined)
  })

  it('reports lost and duplicate rows and ends with exit code 1', async () => {
    const running = verify('--faults', 'twice,disconnect', '--duration', '10', '--json')
    // A row that was received after this time: a reading of the current fault.
    const selectRowSince = (time: string) =>
      `SELECT * FROM diag WHERE vin LIKE 'V%' AND received_at > '${time}' LIMIT 1`
    await running.waitForOutput('twice: each POST sent twice ...')
    const first = new Date().toISOString()
    await until('a row is deleted', async () => {
      const deleted = await change(`WITH chosen AS (${selectRowSince(first)}
        ) DELETE FROM diag USING chosen AS c
        WHERE (diag.vin, diag.recorded_at, diag.sequence) = (c.vin, c.recorded_at, c.sequence)`)
      return deleted === 1
    })
    await running.waitForOutput('disconnect: clients')
    const second = new Date().toISOString()
    await until('a copy of a row is inserted', async () => {
      const inserted = await change(`WITH chosen AS (${selectRowSince(second)}
        ) INSERT INTO diag (vin, recorded_at, sequence, latitude, longitude, speed, received_at)
        SELECT vin, recorded_at + interval '1 millisecond', sequence, latitude, longitude, speed,
          received_at FROM chosen`)
      return inserted === 1
    })
    expect(await running.waitForExit(), running.output).to.equal(1)
    const report = JSON.parse(running.stdout) as Report
    const figures = report.faults.map(({ fault, lost, duplicateRows, ledgerBalanced }) => ({
      fault,
      lost,
      duplicateRows,
      ledgerBalanced,
    }))
    expect(figures).to.deep.equal([
      { fault: 'twice', lost: 1, duplicateRows: 0, ledgerBalanced: false },
      // The ledgers do not show it, because the added row offsets the deleted one. Only the
      // clients' account does.
      { fault: 'disconnect', lost: 0, duplicateRows: 1, ledgerBalanced: true },
    ])
  })

  it('injects faults of the workload classifieds and finds no loss in two pipelines on one topic', async () => {
    const lengths = ['--quick', '--rate', '300', '--duration', '6', '--seed', '7']
    const faults = 'worker-kill,producer-kill,postgres-cut'
    const running = verify('--workload', 'classifieds', '--json', ...lengths, '--faults', faults)
    expect(await running.waitForExit(), running.output).to.equal(0)
    const { faults: lines } = JSON.parse(running.stdout) as Report
    expect(
      lines.map(({ fault, lost, duplicateRows, ledgerBalanced, notInjected }) => ({
        ...{ fault, lost, duplicateRows, ledgerBalanced },
        ...(notInjected === undefined ? {} : { notInjected }),
      })),
    ).to.deep.equal([
      { fault: 'worker-kill', lost: 0, duplicateRows: 0, ledgerBalanced: true },
      {
        ...{ fault: 'producer-kill', lost: null, duplicateRows: null, ledgerBalanced: null },
        notInjected: 'the records of this workload are sent to Kafka directly, not over HTTP',
      },
      { fault: 'postgres-cut', lost: 0, duplicateRows: 0, ledgerBalanced: true },
    ])
    for (const { acknowledged, stored, notInjected } of lines) {
      if (notInjected !== undefined) continue
      expect(acknowledged).to.be.greaterThan(0)
      expect(stored).to.equal(acknowledged)
    }
  })

  it('kills workers of the workload tasks and finds each effect once', async () => {
    const lengths = ['--rate', '30', '--duration', '20', '--seed', '7']
    const running = verify('--workload', 'tasks', '--json', ...lengths, '--faults', 'worker-kill')
    expect(await running.waitForExit(), running.output).to.equal(0)
    const { faults: lines } = JSON.parse(running.stdout) as Report
    const [line] = lines
    const clean = { lost: 0, duplicateRows: 0, ledgerBalanced: true }
    expect(line).to.include({ fault: 'worker-kill', ...clean })
    expect(line?.['acknowledged']).to.be.greaterThan(0)
    expect(line?.['stored']).to.equal(line?.['acknowledged'])
  })

  it('reports an unknown fault and a missing engine in one sentence, and prints nothing on standard output', async () => {
    const unknown = verify('--faults', 'meteor', '--json')
    expect(await unknown.waitForExit()).to.equal(1)
    expect(unknown.output).to.match(
      /^Unknown fault: meteor. Known faults: all, consumer-kill, .*\.$/m,
    )
    expect(unknown.stdout).to.equal('')
    const noEngine = verify('--target', 'docker', '--json')
    expect(await noEngine.waitForExit()).to.equal(1)
    expect(noEngine.output).to.match(/^The Docker engine does not answer \(.*\)\. Start it .*\n$/)
    expect(noEngine.stdout).to.equal('')
  })
})
