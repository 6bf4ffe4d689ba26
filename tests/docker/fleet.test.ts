import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import type { ContainerInspectInfo } from 'dockerode'
import { townSizeFor } from '../../fleet/driving/simulated-drives.ts'
import { roadsGeoJson } from '../../fleet/roads/roads-geojson.ts'
import { labels } from '../../infra/docker/names.ts'
import { until } from '../support/until.ts'
import { runProgram } from './base-images/run-program.ts'
import { expectConfinedVehicle } from './confinement.ts'
import { harness } from './harness-stack.ts'
import './engine-hooks.ts'
import type { Outputs } from './stack.ts'
import { TestPlatform } from './test-platform.ts'
import { inspectVehicles, residentMegabytes, runCommand, vinsWithGaps } from './vehicles.ts'

describe('fleet in containers', function () {
  this.timeout(600_000)
  let platform: TestPlatform
  let outputs: Outputs

  before(async () => {
    platform = await TestPlatform.create(harness)
    outputs = await platform.up()
  })

  after(async () => {
    await platform[Symbol.asyncDispose]()
  })

  /** `npm run fleet -- --network NAME …`, which must succeed. */
  async function fleet(...args: readonly string[]): Promise<string> {
    const { exitCode, output } = await runCommand(platform, 'fleet', ...args)
    expect(exitCode, output).to.equal(0)
    return output
  }

  async function eventsServed(): Promise<number> {
    const answer = await fetch(outputs.events, { headers: { accept: 'application/json' } })
    return ((await answer.json()) as { eventsServed: number }).eventsServed
  }
  const countVins = async () =>
    Number((await platform.sql('select count(distinct vin) from diag'))[0])
  const startTimes = (vehicles: readonly ContainerInspectInfo[]) =>
    vehicles.map(({ Id, State: state }) => [Id, state.StartedAt, state.Running])

  it('has one container for each vehicle, and stores rows of every vehicle', async () => {
    const output = await fleet('--num-vehicles', '5', '--seed', '1')
    expect(output).to.match(/5 vehicles in 5 containers with seed 1 report to http:\/\/ingress/)
    expect(await inspectVehicles(platform, 1)).to.have.length(5)
    const before = await eventsServed()
    await until('the ingress serves more events', async () => (await eventsServed()) >= before + 10)
    await until('each vehicle has rows', async () => (await countVins()) === 5)
  })

  it('drives on the roads that the dashboard shows', async () => {
    const { dashboard, fleet: simulated } = platform.config
    const answer = await fetch(`http://127.0.0.1:${dashboard.hostPort}/api/roads`)
    const size = townSizeFor({ numVehicles: 1, seed: 1 })
    expect(await answer.json()).to.deep.equal(roadsGeoJson(size, simulated.origin))
  })

  it('has only the privileges that it needs', async () => {
    for (const info of await inspectVehicles(platform, 1)) expectConfinedVehicle(info)
  })

  it('cannot be started twice with the same seed', async () => {
    const { exitCode, output } = await runCommand(platform, 'fleet', '-n', '1', '--seed', '1')
    expect(exitCode).to.equal(1)
    expect(output).to.match(
      /^Vehicles with seed 1 already exist. Remove them with npm run fleet -- --in docker --down/,
    )
  })

  it('appears in the status with the services and the account', async () => {
    const { exitCode, output } = await runCommand(platform, 'status')
    expect(exitCode, output).to.equal(0)
    expect(output).to.contain(`(on Docker, network ${platform.name})`)
    expect(output).to.match(/^ingress-0 +\| \S+-ingress-0 +\| ready$/m)
    expect(output).to.contain('5 vehicle containers')
    expect(output).to.match(/stored \+ 0 stored by redrive: balanced/)
    expect(output).to.contain(outputs.guarantee[0])
  })

  it('is still found after docker container prune has removed the containers that have ended', async () => {
    const label = `label=${labels.platform}=${platform.name}`
    await runProgram('docker', ['container', 'prune', '--force', '--filter', label])
    const removed = (await platform.names('container')).filter((name) =>
      /^(secrets|prov)/.test(name),
    )
    expect(removed).to.deep.equal([])
    const { exitCode, output } = await runCommand(platform, 'status')
    expect(exitCode, output).to.equal(0)
    expect(output).to.match(/^ingress-0 +\| \S+-ingress-0 +\| ready$/m)
  })

  it('has rows that the sql command can count', async () => {
    const query = 'select count(distinct vin) as vehicles from diag'
    const { exitCode, output } = await runCommand(platform, 'sql', query)
    expect(exitCode, output).to.equal(0)
    expect(output).to.match(/^vehicles\n-+\n5\n/)
  })

  it('is removed with its volumes when it is taken down', async () => {
    expect(await fleet('--down')).to.equal('Removed 5 containers.\n')
    expect(await inspectVehicles(platform, 1)).to.deep.equal([])
    expect(
      (await platform.names('volume')).filter((name) => name.startsWith('vehicle')),
    ).to.deep.equal([])
    expect(await vinsWithGaps(platform)).to.deep.equal([])
  })

  it('loses no readings while a producer is added', async () => {
    await fleet('--num-vehicles', '8', '--seed', '2')
    const before = startTimes(await inspectVehicles(platform, 2))
    expect(before).to.have.length(8)
    expect(await platform.up('producer.instances=2')).to.deep.equal(outputs)
    for (const instance of [0, 1]) {
      const isUsed = async () => (await platform.acceptedBy(instance)) > 0
      await until(`producer-${instance} is used`, isUsed)
    }
    const rows = async () => Number((await platform.sql('select count(*) from diag'))[0])
    const atLeast = (await rows()) + 40
    await until('more rows are stored', async () => (await rows()) >= atLeast)
    expect(startTimes(await inspectVehicles(platform, 2))).to.deep.equal(before)
    await fleet('--down')
    await until(
      'no sequence number is missing',
      async () => (await vinsWithGaps(platform)).length === 0,
    )
    expect(await countVins()).to.equal(13)
  })

  it('runs twenty vehicles with less than 80 MB each', async () => {
    await fleet('--num-vehicles', '20', '--seed', '3')
    await until('each vehicle has rows', async () => (await countVins()) === 33)
    const vehicles = await inspectVehicles(platform, 3)
    const megabytes = await Promise.all(vehicles.map(residentMegabytes))
    expect(megabytes).to.have.length(20)
    expect(Math.max(...megabytes)).to.be.within(20, 80)
  })

  it('can run several vehicles in one container', async () => {
    await fleet('--num-vehicles', '50', '--vehicles-per-container', '20', '--seed', '4')
    await until('each vehicle has rows', async () => (await countVins()) === 83)
    expect(await inspectVehicles(platform, 4)).to.have.length(3)
  })

  it('replays a recorded drive once', async () => {
    const trace = join(platform.folder, 'drive.csv')
    const fixes = ['2020-01-01T00:00:00Z,1,2', '2020-01-01T00:00:01Z,1.0001,2']
    writeFileSync(trace, ['timestamp,latitude,longitude', ...fixes].join('\n'))
    await fleet('--trace', trace, '--seed', '5')
    await until(
      'the drive is over',
      async () => {
        const [vehicle] = await inspectVehicles(platform, 5)
        return vehicle?.State.Status === 'exited' && vehicle.State.ExitCode === 0
      },
      120,
    )
    const rows = async () =>
      platform.sql('select count(*) from diag where latitude between 1 and 1.1')
    await until('the rows of the drive are stored', async () => (await rows())[0] === '2')
    expect((await fleet('--num-vehicles', '1', '--seed', '6')).trim()).to.match(/^Building/)
  })

  it('is removed with the platform', async () => {
    await platform.stack.destroy()
    expect(await inspectVehicles(platform, 3)).to.deep.equal([])
    expect(await platform.remains()).to.deep.equal([])
  })
})
