import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'
import { scratchPorts } from '../../scripts/ports/scratch-ports.ts'

const noEngine = { DOCKER_HOST: 'unix:///nowhere/docker.sock' }

/** Runs a script as a user does, without a Docker engine. */
function run(script: string, ...args: readonly string[]) {
  return runWith({ ...process.env, ...noEngine }, script, ...args)
}

function runWith(env: NodeJS.ProcessEnv, script: string, ...args: readonly string[]) {
  const { status, stdout } = spawnSync(join(root, 'scripts', script), args, { env })
  return { status, output: stdout.toString() }
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

/** A stand-in for docker. `docker ps` prints the file `containers`: platform, stack and ports of each. */
const engineProgram = `#!/bin/sh
case $1 in
  version) echo 'linux/amd64 1.44' ;;
  ps) cat "$(dirname "$0")/containers" ;;
esac
`
/** A stand-in for pulumi that records its arguments. It knows no login unless the file `login` exists. */
const pulumiProgram = `#!/bin/sh
echo "$*" >> "$(dirname "$0")/asked"
[ "$1" != whoami ] || [ -e "$(dirname "$0")/login" ] || { echo 'error: the token has expired' >&2; exit 1; }
`

/** Settings with ports that no other program uses. */
let freePorts: readonly string[] = []

before(async () => {
  freePorts = await scratchPorts()
})

/** A machine with an engine and with Pulumi. */
class PulumiMachine implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'av-telemetry-pulumi-'))
  readonly #programs = join(this.home, 'programs')

  constructor() {
    mkdirSync(this.#programs)
    for (const [name, text] of [
      ['docker', engineProgram],
      ['pulumi', pulumiProgram],
      ['containers', ''],
      ['asked', ''],
    ] as const) {
      writeFileSync(join(this.#programs, name), text, { mode: 0o755 })
    }
  }

  /** @param credentials of Pulumi, in its home or in a separate folder */
  withCredentials(credentials: string, folder = this.home): this {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'credentials.json'), credentials)
    return this
  }

  /** Pulumi is logged in. */
  withLogin(): this {
    writeFileSync(join(this.#programs, 'login'), '')
    return this
  }

  /** The engine has a container of the default platform, created by this stack. */
  withPlatformOf(stack: string): this {
    writeFileSync(join(this.#programs, 'containers'), `av_telemetry\t${stack}\t\n`)
    return this
  }

  launch(more: Readonly<Record<string, string>> = {}, ...args: readonly string[]) {
    return this.run('launch-infra.sh', more, '--set', ...freePorts, ...args)
  }

  run(script: string, more: Readonly<Record<string, string>>, ...args: readonly string[]) {
    const isOther = ([name]: readonly [string, unknown]): boolean => !name.startsWith('PULUMI_')
    const env = {
      ...Object.fromEntries(Object.entries(process.env).filter(isOther)),
      PATH: [this.#programs, process.env['PATH']].join(delimiter),
      PULUMI_HOME: this.home,
      ...more,
    }
    const { status, output } = runWith(env, script, ...args)
    const asked = readFileSync(join(this.#programs, 'asked'), 'utf8')
    const calls = asked.split('\n').filter((line) => line !== '')
    return { status, output, calls }
  }

  [Symbol.dispose](): void {
    rmSync(this.home, { recursive: true })
  }
}

describe('scripts/launch-infra.sh when pulumi whoami fails', function () {
  this.timeout(60_000)
  const loggedIn = JSON.stringify({ current: 'https://api.pulumi.com' })

  function expectLocalLogin({ status, output, calls }: ReturnType<PulumiMachine['launch']>): void {
    expect(status, output).to.equal(0)
    expect(calls.slice(0, 3)).to.deep.equal([
      'version',
      'whoami --non-interactive',
      'login --local',
    ])
    expect(calls.at(-1)).to.equal('up --yes --skip-preview --stack dev')
  }

  function expectNoLogin({ status, output, calls }: ReturnType<PulumiMachine['launch']>): void {
    expect(status).to.equal(1)
    expect(output).to.equal(
      'Pulumi cannot reach the state backend to which you are logged in (error: the token has expired). Make it reachable, or log in again with pulumi login.\n',
    )
    expect(calls).to.deep.equal(['version', 'whoami --non-interactive'])
  }

  it('logs in locally for a user who has never logged in', () => {
    using machine = new PulumiMachine()
    expectLocalLogin(machine.launch())
  })

  it('logs in locally for a user who has logged out', () => {
    using machine = new PulumiMachine().withCredentials('{"accounts":{}}')
    expectLocalLogin(machine.launch({ PULUMI_ACCESS_TOKEN: '' }))
  })

  it('keeps an existing login', () => {
    using machine = new PulumiMachine().withCredentials(loggedIn)
    expectNoLogin(machine.launch())
  })

  it('keeps a login whose credentials are in another folder', () => {
    using machine = new PulumiMachine()
    const folder = join(machine.home, 'elsewhere')
    machine.withCredentials(loggedIn, folder)
    expectNoLogin(machine.launch({ PULUMI_CREDENTIALS_PATH: folder }))
  })

  it('keeps credentials that it cannot read', () => {
    using machine = new PulumiMachine().withCredentials('{"curr')
    expectNoLogin(machine.launch())
  })

  for (const [name, value] of [
    ['PULUMI_BACKEND_URL', 's3://readings'],
    ['PULUMI_ACCESS_TOKEN', 'pul-0'],
  ] as const) {
    it(`keeps the login given by ${name}`, () => {
      using machine = new PulumiMachine()
      expectNoLogin(machine.launch({ [name]: value }))
    })
  }
})

describe('the Pulumi stack of scripts/launch-infra.sh', function () {
  this.timeout(60_000)
  const changing = (calls: readonly string[]) =>
    calls.filter((call) => /^(stack|config|up|destroy)\b/.test(call))

  it('is selected and gets the settings of an accepted launch', () => {
    using machine = new PulumiMachine().withLogin().withPlatformOf('av-telemetry/mine')
    const { status, output, calls } = machine.launch({}, '--stack', 'mine')
    expect(status, output).to.equal(0)
    const [select, file, remove, ...settings] = changing(calls)
    expect(select).to.equal('stack select --create mine --non-interactive')
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
    using machine = new PulumiMachine().withLogin().withPlatformOf('av-telemetry/mine')
    const { status, output, calls } = machine.launch({}, '--stack', 'other')
    expect(changing(calls)).to.deep.equal([])
    expect(output).to.match(
      /^The platform av_telemetry already runs in this engine, in the stack av-telemetry\/mine\. .*\n$/,
    )
    expect(status).to.equal(1)
  })

  it('is neither created nor selected by scripts/teardown-infra.sh', () => {
    using machine = new PulumiMachine().withLogin()
    const { status, output, calls } = machine.run('teardown-infra.sh', {}, '--stack', 'other')
    expect(changing(calls)).to.deep.equal(['destroy --yes --skip-preview --stack other'])
    expect(status, output).to.equal(0)
  })
})
