import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../scripts/local-access.ts'

const noEngine = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }

/** Runs a script as a person runs it, where no Docker engine answers. */
function run(script: string, ...args: readonly string[]) {
  const env = { ...process.env, ...noEngine }
  const { status, stdout } = spawnSync(join(root, 'scripts', script), args, { env })
  return { status, output: stdout.toString() }
}

describe('scripts/launch-infra.sh', function () {
  this.timeout(60_000)

  it('explains itself', () => {
    const { status, output } = run('launch-infra.sh', '--help')
    expect(status).to.equal(0)
    for (const option of ['-c, --config <file>', '--set <key=value...>', '-v, --verbose']) {
      expect(output).to.contain(option)
    }
  })

  it('says in one sentence how an engine that does not answer is started', () => {
    const { status, output } = run('launch-infra.sh')
    expect(status).to.equal(1)
    expect(output).to.match(/^The Docker engine does not answer \(.*\): start it .*\n$/)
  })

  it('says all that is wrong with the configuration before it looks for anything', () => {
    const settings = ['--set', 'kafka.partition=3', 'kafka.replicationFactor=3']
    const { status, output } = run('launch-infra.sh', ...settings)
    expect(status).to.equal(1)
    expect(output).to.contain('kafka.partition: there is no such key')
    expect(output).to.contain('3 replicas need as many brokers')
    expect(output).to.not.contain('engine')
  })
})

describe('the other scripts for Docker', function () {
  this.timeout(60_000)
  const commands: readonly (readonly [string, ...string[]])[] = [
    ['teardown-infra.sh'],
    ['teardown-fleet.sh'],
    ['launch-fleet.sh', '--in', 'docker', '--num-vehicles', '1'],
  ]

  for (const [script, ...args] of commands) {
    it(`say how the engine is started (${script})`, () => {
      const { status, output } = run(script, ...args)
      expect(status, output).to.equal(1)
      expect(output).to.match(/^The Docker engine does not answer \(.*\): start it .*\n$/)
    })
  }
})
