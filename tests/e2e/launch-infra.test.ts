import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { expect } from 'chai'
import { root } from '../../scripts/platform/paths.ts'

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

const engineProgram = "#!/bin/sh\necho 'linux/amd64 1.44'\n"
/** A stand-in for pulumi that records its arguments and does not know the login. */
const pulumiProgram = `#!/bin/sh
echo "$*" >> "$(dirname "$0")/asked"
[ "$1" != whoami ] || { echo 'error: the token has expired' >&2; exit 1; }
`

/** A machine with an engine, and with a Pulumi that does not report a login. */
class PulumiMachine implements Disposable {
  readonly home = mkdtempSync(join(tmpdir(), 'av-telemetry-pulumi-'))
  readonly #programs = join(this.home, 'programs')

  constructor() {
    mkdirSync(this.#programs)
    for (const [name, text] of [
      ['docker', engineProgram],
      ['pulumi', pulumiProgram],
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

  launch(more: Readonly<Record<string, string>> = {}) {
    const isOther = ([name]: readonly [string, unknown]): boolean => !name.startsWith('PULUMI_')
    const env = {
      ...Object.fromEntries(Object.entries(process.env).filter(isOther)),
      PATH: [this.#programs, process.env['PATH']].join(delimiter),
      PULUMI_HOME: this.home,
      ...more,
    }
    const { status, output } = runWith(env, 'launch-infra.sh')
    const calls = readFileSync(join(this.#programs, 'asked'), 'utf8').trim().split('\n')
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
