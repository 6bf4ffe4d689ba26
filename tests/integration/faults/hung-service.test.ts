import type { ChildProcess } from 'node:child_process'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { producerPort } from '../../../infra/topology/addresses.ts'
import { root } from '../../../scripts/platform/paths.ts'
import { scratchPorts } from '../../../scripts/ports/scratch-ports.ts'
import { answersOk, givesNoAnswer } from '../../../services/runtime/process/http-probe.ts'
import type { Servers } from '../../support/servers.ts'
import { changedServers, processOf, sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { runTogether } from '../../support/together.ts'
import { until } from '../../support/until.ts'

const run = promisify(execFile)
const check = join(root, 'infra', 'docker', 'images', 'check-service.sh')

const healthz = ({ config }: Servers) => ({
  host: '127.0.0.1',
  port: config.producer.opsHostPort,
  path: '/healthz',
})

const producerStage = ({ platform }: Servers) =>
  platform.stages.flat().filter(({ name }) => name === 'producer-0')

/** A producer with the files of the health check, as in a container. */
class CheckedProducer implements AsyncDisposable {
  readonly process: ChildProcess
  /** Undefined while it runs. */
  code: number | null | undefined
  readonly #folder = mkdtempSync(join(tmpdir(), 'av-telemetry-hung-'))

  constructor(tenant: Tenant) {
    this.process = tenant.spawn('producer')
    this.process.once('exit', (code) => (this.code = code))
    writeFileSync(join(this.#folder, 'children'), `${this.process.pid ?? 0} `)
  }

  /** Runs the health check once, as the engine does. Returns its exit code. */
  async checkOnce(port: number): Promise<unknown> {
    const args = [check, String(port), this.#folder, join(this.#folder, 'children')]
    const failed = await run('bash', args).then(
      () => undefined,
      (error: unknown) => error as { code: unknown },
    )
    return failed?.code ?? 0
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.process.kill('SIGKILL')
    await until('the service has ended', () => this.code !== undefined)
    rmSync(this.#folder, { recursive: true, force: true })
  }
}

describe('a service that hangs', function () {
  this.timeout(150_000)
  /** Each test has a tenant, so that its producer has its own ports. */
  const tenants: Tenant[] = []
  const tenant = (index: number): Tenant => tenants[index]!
  let unusedPort: string
  /** Prepared one after the other, because they share the folder of the bundles. */
  let started: Servers
  let withoutBroker: Servers

  before(async () => {
    for (let count = 0; count < 4; count += 1) {
      tenants.push(await Tenant.create(await sharedServers()))
    }
    ;[unusedPort = ''] = await scratchPorts(1, ['kafka.hostPort'])
    started = await platformWith()
    withoutBroker = await platformWith([unusedPort])
  })

  after(async () => {
    for (const each of tenants) await each[Symbol.asyncDispose]()
  })

  /** A platform on a tenant's topic and database, with free ports for the services. */
  async function platformWith(settings: readonly string[] = []): Promise<Servers> {
    const { kafka, postgres } = tenant(0).config
    const ports = await scratchPorts(1, ['ingress.hostPort', 'producer.opsHostPort'])
    return changedServers(await sharedServers(), [
      `kafka.topic=${kafka.topic}`,
      `postgres.database=${postgres.database}`,
      ...ports,
      ...settings,
    ])
  }

  async function isRestarted(): Promise<void> {
    await using servers = started
    const signal = AbortSignal.timeout(120_000)
    await servers.platform.startStage(producerStage(servers), signal)
    const { identity, command } = processOf(servers, 'producer-0')
    process.kill(identity?.pid ?? 0, 'SIGSTOP')
    const stoppedAt = performance.now()
    const isReplaced = () => {
      const now = processOf(servers, 'producer-0').identity
      return now !== undefined && now.pid !== identity?.pid
    }
    await until('the stopped process is replaced', isReplaced)
    expect(performance.now() - stoppedAt).to.be.greaterThan(14_000)
    expect(readFileSync(command.logFile, 'utf8')).to.match(
      /supervisor: producer-0 gave no HTTP answer for \d+ s and was killed\n/,
    )
    await until('it answers again', () => answersOk({ ...healthz(servers), path: '/readyz' }))
  }

  async function isNotRestarted(): Promise<void> {
    await using servers = withoutBroker
    const stop = new AbortController()
    const starting = servers.platform
      .startStage(producerStage(servers), stop.signal)
      .catch(() => undefined)
    await until('it answers', () => answersOk(healthz(servers)))
    const { identity } = processOf(servers, 'producer-0')
    await wait(20_000)
    expect(await answersOk({ ...healthz(servers), path: '/readyz' })).to.equal(false)
    expect(processOf(servers, 'producer-0').identity).to.deep.equal(identity)
    stop.abort()
    await starting
  }

  async function isKilledByCheck(): Promise<void> {
    await using service = new CheckedProducer(tenant(1))
    const port = tenant(1).config.producer.opsHostPort
    await until('it is ready', async () => (await service.checkOnce(port)) === 0)
    service.process.kill('SIGSTOP')
    const stoppedAt = performance.now()
    while (service.code === undefined && performance.now() - stoppedAt < 60_000) {
      expect(await service.checkOnce(port)).to.equal(1)
      await wait(1_000)
    }
    expect([service.code, service.process.signalCode]).to.deep.equal([null, 'SIGKILL'])
    expect(performance.now() - stoppedAt).to.be.greaterThan(14_000)
  }

  async function isNotKilledWhile503(): Promise<void> {
    await using service = new CheckedProducer(tenant(2))
    // The port of the API answers 404 for these paths: an answer, but not ready.
    const hostPort = producerPort(tenant(2).config)
    const target = { host: '127.0.0.1', port: hostPort, path: '/' }
    await until('it answers', async () => !(await givesNoAnswer(target)))
    const begin = performance.now()
    while (performance.now() - begin < 20_000) {
      expect(await service.checkOnce(hostPort)).to.equal(1)
      await wait(500)
    }
    expect(service.code).to.equal(undefined)
  }

  async function isNotKilledAtFirst(): Promise<void> {
    await using service = new CheckedProducer(tenant(3))
    for (let times = 0; times < 8; times += 1) {
      expect(await service.checkOnce(Number(unusedPort.split('=')[1]))).to.equal(1)
      await wait(2_000)
    }
    expect(service.code).to.equal(undefined)
  }

  runTogether({
    'is restarted on this machine when it gives no HTTP answer for 15 s': isRestarted,
    'is not restarted on this machine while it answers but is not ready': isNotRestarted,
    'in a container is killed by the health check after 15 s without an HTTP answer':
      isKilledByCheck,
    'in a container is not killed by the health check while it answers 503': isNotKilledWhile503,
    'in a container is not killed before its first answer within the first 15 s':
      isNotKilledAtFirst,
  })
})
