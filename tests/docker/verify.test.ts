import { expect } from 'chai'
import { harness } from './harness-stack.ts'
import './machine.ts'
import { RunningCommand } from '../support/started-platform.ts'
import { stateFolder } from '../support/servers.ts'
import { TestPlatform } from './test-platform.ts'

/** Of each way in which a container is taken hold of, one. */
const faults = 'broker-kill,postgres-stop,rebalance,network-cut,network-slow,postgres-cut'

describe('npm run verify on Docker, by the harness', function () {
  this.timeout(900_000)

  it('breaks the platform that runs there, and nothing is lost', async () => {
    await using platform = await TestPlatform.create(harness, ['consumer.instances=2'])
    await platform.up()
    const options = ['--target', 'docker', '--network', platform.name, '--json', '--seed', '7']
    const lengths = ['--rate', '500', '--duration', '5']
    const command = ['verify', '--', ...options, ...lengths, '--faults', faults]
    const running = new RunningCommand(command, stateFolder())
    expect(await running.ended(), running.output).to.equal(0)
    const report = JSON.parse(running.stdout) as { faults: Record<string, unknown>[] }
    const verdicts = report.faults.map(({ fault, lost, duplicateRows, ledgerBalanced }) => [
      fault,
      lost,
      duplicateRows,
      ledgerBalanced,
    ])
    expect(verdicts).to.deep.equal([
      ['broker-kill', 0, 0, true],
      ['postgres-stop', 0, 0, true],
      ['rebalance', 0, 0, true],
      ['postgres-cut', 0, 0, true],
      ['network-cut', 0, 0, true],
      ['network-slow', null, null, null],
    ])
  })
})
