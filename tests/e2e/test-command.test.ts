import { existsSync } from 'node:fs'
import { expect } from 'chai'
import { identify } from '../../services/runtime/process/process-identity.ts'
import { RunningCommand } from '../support/started-platform.ts'
import { TemporaryFolder } from '../support/temporary-folder.ts'

type Started = { readonly pids: readonly number[]; readonly states: readonly string[] }

describe('npm test', function () {
  this.timeout(240_000)

  it('repeats file, title and error of the failed tests at the end', async () => {
    using home = new TemporaryFolder()
    const tests = new RunningCommand(['test', 'tests/support/failing-test.ts'], home.path)
    expect(await tests.waitForExit(60), tests.output).to.equal(2)
    const file = '  tests/support/failing-test.ts: a file with a test that fails'
    const lastLines = [4, 5, 6, 7, 8, 9, 10, 11].map((line) => `    line ${line}`)
    const summary = [
      ...['', 'Failed tests:'],
      ...[`${file} has a test that fails`, '    expected 2 to equal 3'],
      ...[`${file} fails with a long error`, '    line 0', '    ...', ...lastLines],
      ...['', '1 passed, 2 failed, 0 skipped', ''],
    ]
    expect(tests.output.endsWith(summary.join('\n')), tests.output).to.equal(true)
  })

  it('ends everything that the tests have started when it is interrupted', async () => {
    using home = new TemporaryFolder()
    const tests = new RunningCommand(['test', 'tests/support/interrupted-test.ts'], home.path)
    await tests.waitForOutput(/^started .*$/m, 180)
    const line = /^started (.*)$/m.exec(tests.output)?.[1] ?? ''
    const { pids, states } = JSON.parse(line) as Started
    expect(pids.length).to.be.greaterThan(3)

    tests.pressCtrlC()
    expect(await tests.waitForExit(60), tests.output).to.equal(130)
    expect(tests.output).to.match(/\nInterrupted: the tests were not completed\.\n$/)
    expect(tests.output).to.not.match(/passed/)
    expect(pids.filter((pid) => identify(pid) !== undefined)).to.deep.equal([])
    expect(states.filter((state) => existsSync(state))).to.deep.equal([])
  })
})
