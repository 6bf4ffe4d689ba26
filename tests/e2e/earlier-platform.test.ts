import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import { secretFile } from '../../infra/local/secrets.ts'
import { PlatformHome } from '../support/started-platform.ts'
import { until } from '../support/until.ts'

type Recorded = { config: Record<string, Record<string, unknown>> }

describe('commands beside a platform that a version without devices and TLS has started', function () {
  this.timeout(300_000)

  it('work, or say in one sentence what to do', async () => {
    await using home = await PlatformHome.create(['fleet.numVehicles=0'])
    const platform = home.start()
    await platform.waitForOutput('The platform is running.')
    // What that version has not made: the token of the platform, and keys of the configuration.
    rmSync(secretFile(home.folders, 'gateway'))
    change(home, (config) => {
      Reflect.deleteProperty(config, 'devices')
      Reflect.deleteProperty(config, 'clickhouse')
      Reflect.deleteProperty(config['ingress'] ?? {}, 'tls')
    })

    const status = home.command('status')
    expect(await status.waitForExit(), status.output).to.equal(0)
    const fleet = home.command('fleet', '--', '--num-vehicles', '1')
    await fleet.waitForOutput(/^ {2}[1-9]\d* acknowledged, /m)
    fleet.pressCtrlC()
    expect(await fleet.waitForExit()).to.equal(0)
    await until('the readings are stored', async () => (await home.countRows()) > 0)
    const worker = home.command('worker')
    await worker.waitForOutput('Stop it with Ctrl-C.')
    worker.pressCtrlC()
    expect(await worker.waitForExit(), worker.output).to.equal(0)

    change(home, (config) => {
      Object.assign(config['kafka'] ?? {}, { topic: 'without-devices' })
    })
    const devices = home.command('devices', '--', 'list')
    expect(await devices.waitForExit()).to.equal(1)
    expect(devices.output.trim()).to.equal(
      'The running platform was started by an earlier version, which does not know devices. Stop it and start it again.',
    )
    platform.pressCtrlC()
    expect(await platform.waitForExit()).to.equal(0)
  })

  function change({ folders }: PlatformHome, edit: (config: Recorded['config']) => void): void {
    const file = join(folders.state, 'run.json')
    const recorded = JSON.parse(readFileSync(file, 'utf8')) as Recorded
    edit(recorded.config)
    writeFileSync(file, JSON.stringify(recorded))
  }
})
