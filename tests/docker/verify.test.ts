import { rmSync } from 'node:fs'
import { expect } from 'chai'
import { harness } from './harness-stack.ts'
import './engine-hooks.ts'
import { RunningCommand } from '../support/started-platform.ts'
import { createStateFolder } from '../support/servers.ts'
import { TestPlatform } from './test-platform.ts'

/** A crashed container, a disconnected container, and a fault that is unsupported here. */
const faults = 'broker-kill,network-cut,network-slow'

describe('npm run verify on Docker, by the harness', function () {
  this.timeout(900_000)

  let home: string

  before(() => {
    home = createStateFolder()
  })

  after(() => {
    rmSync(home, { recursive: true, force: true })
  })

  it('injects faults into the running platform and finds no loss', async () => {
    await using platform = await TestPlatform.create(harness)
    await platform.up()
    const options = ['--target', 'docker', '--network', platform.name, '--json', '--seed', '7']
    const lengths = ['--rate', '500', '--duration', '5']
    const command = ['verify', '--', ...options, ...lengths, '--faults', faults]
    const running = new RunningCommand(command, home)
    expect(await running.waitForExit(), running.output).to.equal(0)
    const report = JSON.parse(running.stdout) as { faults: Record<string, unknown>[] }
    const verdicts = report.faults.map(({ fault, lost, duplicateRows, ledgerBalanced }) => [
      fault,
      lost,
      duplicateRows,
      ledgerBalanced,
    ])
    expect(verdicts).to.deep.equal([
      ['broker-kill', 0, 0, true],
      ['network-cut', 0, 0, true],
      ['network-slow', null, null, null],
    ])
  })
})
