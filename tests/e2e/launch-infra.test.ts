import { join } from 'node:path'
import { expect } from 'chai'
import { scratchPorts } from '../../scripts/ports/scratch-ports.ts'
import { PulumiMachine, runScript } from '../support/pulumi-machine.ts'

const noEngine = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }

/** Runs a script as a user does, without a Docker engine. */
function run(script: string, ...args: readonly string[]) {
  return runScript({ ...process.env, ...noEngine }, script, ...args)
}

describe('scripts/launch-infra.sh', function () {
  this.timeout(60_000)

  it('prints its usage with --help', () => {
    const { status, output } = run('launch-infra.sh', '--help')
    expect(status).to.equal(0)
    for (const option of ['-c, --config <file>', '--set <key=value...>', '-v, --verbose']) {
      expect(output).to.contain(option)
    }
  })

  it('prints one sentence that explains how to start an engine that does not answer', () => {
    const { status, output } = run('launch-infra.sh')
    expect(status).to.equal(1)
    expect(output).to.match(/^The Docker engine does not answer \(.*\)\. Start it .*\n$/)
  })

  it('reports all errors of the configuration before it looks for an engine', () => {
    const settings = ['--set', 'kafka.partition=3', 'kafka.replicationFactor=3']
    const { status, output } = run('launch-infra.sh', ...settings)
    expect(status).to.equal(2)
    expect(output).to.contain('kafka.partition: unknown key')
    expect(output).to.contain('3 replicas need 3 brokers')
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
    it(`print how to start the engine (${script})`, () => {
      const { status, output } = run(script, ...args)
      expect(status, output).to.equal(1)
      expect(output).to.match(/^The Docker engine does not answer \(.*\)\. Start it .*\n$/)
    })
  }
})

/** Settings with ports that no other program uses. */
let freePorts: readonly string[] = []

before(async () => {
  freePorts = await scratchPorts()
})

/** Launches a platform on Docker. */
class DockerMachine extends PulumiMachine {
  launch(more: Readonly<Record<string, string>> = {}, ...args: readonly string[]) {
    return this.run('launch-infra.sh', more, '--set', ...freePorts, ...args)
  }
}

describe('scripts/launch-infra.sh when pulumi whoami fails', function () {
  this.timeout(60_000)
  const loggedIn = JSON.stringify({ current: 'https://api.pulumi.com' })

  function expectLocalLogin({ status, output, calls }: ReturnType<DockerMachine['launch']>): void {
    expect(status, output).to.equal(0)
    expect(calls.slice(0, 3)).to.deep.equal([
      'version',
      'whoami --non-interactive',
      'login --local',
    ])
    expect(calls.at(-1)).to.equal('up --yes --skip-preview --stack dev')
  }

  function expectNoLogin({ status, output, calls }: ReturnType<DockerMachine['launch']>): void {
    expect(status).to.equal(1)
    expect(output).to.equal(
      'Pulumi cannot reach the state backend to which you are logged in (error: the token has expired). Make it reachable, or log in again with pulumi login.\n',
    )
    expect(calls).to.deep.equal(['version', 'whoami --non-interactive'])
  }

  it('logs in locally for a user who has never logged in', () => {
    using machine = new DockerMachine()
    expectLocalLogin(machine.launch())
  })

  it('logs in locally for a user who has logged out', () => {
    using machine = new DockerMachine().withCredentials('{"accounts":{}}')
    expectLocalLogin(machine.launch({ PULUMI_ACCESS_TOKEN: '' }))
  })

  it('keeps an existing login', () => {
    using machine = new DockerMachine().withCredentials(loggedIn)
    expectNoLogin(machine.launch())
  })

  it('keeps a login whose credentials are in another folder', () => {
    using machine = new DockerMachine()
    const folder = join(machine.home, 'elsewhere')
    machine.withCredentials(loggedIn, folder)
    expectNoLogin(machine.launch({ PULUMI_CREDENTIALS_PATH: folder }))
  })

  it('keeps credentials that it cannot read', () => {
    using machine = new DockerMachine().withCredentials('{"curr')
    expectNoLogin(machine.launch())
  })

  for (const [name, value] of [
    ['PULUMI_BACKEND_URL', 's3://readings'],
    ['PULUMI_ACCESS_TOKEN', 'pul-0'],
  ] as const) {
    it(`keeps the login given by ${name}`, () => {
      using machine = new DockerMachine()
      expectNoLogin(machine.launch({ [name]: value }))
    })
  }
})

describe('the Pulumi stack of scripts/launch-infra.sh', function () {
  this.timeout(60_000)
  const changing = (calls: readonly string[]) =>
    calls.filter((call) => /^(stack select|config|up|destroy)\b/.test(call))

  it('is selected and gets the settings of an accepted launch', () => {
    using machine = new DockerMachine().withLogin().withPlatformOf('av-telemetry/mine')
    const { status, output, calls } = machine.launch({}, '--stack', 'mine')
    expect(status, output).to.equal(0)
    const [select, target, file, remove, ...settings] = changing(calls)
    expect(select).to.equal('stack select --create mine --non-interactive')
    expect(target).to.equal('config set target docker --stack mine')
    expect(file).to.match(/^config set configFile \S+config\.master\.json --stack mine$/)
    expect(remove).to.equal('config rm set --stack mine')
    expect(settings).to.deep.equal([
      ...freePorts.map(
        (setting, index) => `config set --path set[${index}] ${setting} --stack mine`,
      ),
      'up --yes --skip-preview --stack mine',
    ])
  })

  it('is neither created nor selected, and keeps its settings, if the launch is refused', () => {
    using machine = new DockerMachine().withLogin().withPlatformOf('av-telemetry/mine')
    const { status, output, calls } = machine.launch({}, '--stack', 'other')
    expect(changing(calls)).to.deep.equal([])
    expect(output).to.match(
      /^The platform av_telemetry already runs in this engine, in the stack av-telemetry\/mine\. .*\n$/,
    )
    expect(status).to.equal(1)
  })

  it('is not moved from Kubernetes to Docker, which would delete the platform', () => {
    using machine = new DockerMachine().withLogin()
    machine.withPsql('kubectl -n av-telemetry exec -it postgres-0-0 -- psql')
    const { status, output, calls } = machine.launch({}, '--stack', 'mine')
    expect(status).to.equal(1)
    expect(changing(calls)).to.deep.equal([])
    expect(output).to.match(
      /^The platform of the stack mine runs on another target \(psql: kubectl /,
    )
  })

  it('is neither created nor selected by scripts/teardown-infra.sh', () => {
    using machine = new DockerMachine().withLogin()
    const { status, output, calls } = machine.run('teardown-infra.sh', {}, '--stack', 'other')
    expect(changing(calls)).to.deep.equal(['destroy --yes --skip-preview --stack other'])
    expect(status, output).to.equal(0)
  })
})
