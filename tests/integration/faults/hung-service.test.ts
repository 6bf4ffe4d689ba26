import type { ChildProcess } from 'node:child_process'
import { execFile } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'
import { expect } from 'chai'
import { root } from '../../../scripts/platform/paths.ts'
import { scratchPorts } from '../../../scripts/platform/scratch-ports.ts'
import { answersOk, givesNoAnswer } from '../../../services/runtime/process/http-probe.ts'
import type { Servers } from '../../support/servers.ts'
import { changedServers, processOf, sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const run = promisify(execFile)
const check = join(root, 'infra', 'docker', 'images', 'check-service.sh')

describe('a service that hangs', function () {
  this.timeout(150_000)
  let tenant: Tenant

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  /** A platform on the tenant's topic and database, with free ports for the services. */
  async function platformWith(settings: readonly string[] = []): Promise<Servers> {
    const { kafka, postgres } = tenant.config
    const ports = await scratchPorts(1, ['producer.hostPort', 'producer.opsHostPort'])
    return changedServers(await sharedServers(), [
      `kafka.topic=${kafka.topic}`,
      `postgres.database=${postgres.database}`,
      ...ports,
      ...settings,
    ])
  }

  const producerStage = ({ platform }: Servers) =>
    platform.stages.flat().filter(({ name }) => name === 'producer-0')

  const healthz = ({ config }: Servers) => ({
    host: '127.0.0.1',
    port: config.producer.opsHostPort,
    path: '/healthz',
  })

  it('is restarted on this machine when it gives no HTTP answer for 15 s', async () => {
    await using servers = await platformWith()
    const signal = AbortSignal.timeout(120_000)
    await servers.platform.startStage(producerStage(servers), signal)
    const { identity, command } = processOf(servers, 'producer-0')
    process.kill(identity?.pid ?? 0, 'SIGSTOP')
    const stoppedAt = performance.now()
    const isRestarted = () => {
      const now = processOf(servers, 'producer-0').identity
      return now !== undefined && now.pid !== identity?.pid
    }
    await until('the stopped process is replaced', isRestarted, 40)
    expect(performance.now() - stoppedAt).to.be.greaterThan(14_000)
    expect(readFileSync(command.logFile, 'utf8')).to.match(
      /supervisor: producer-0 gave no HTTP answer for \d+ s and was killed\n/,
    )
    await until('it answers again', () => answersOk({ ...healthz(servers), path: '/readyz' }))
  })

  it('is not restarted on this machine while it answers but is not ready', async () => {
    const [unusedPort = ''] = await scratchPorts(1, ['kafka.hostPort'])
    await using servers = await platformWith([unusedPort])
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
  })

  describe('in a container', () => {
    const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-hung-'))
    let service: ChildProcess
    let code: number | null | undefined

    beforeEach(() => {
      rmSync(join(folder, 'last-answer'), { force: true })
      service = tenant.spawn('producer')
      code = undefined
      service.once('exit', (exitCode) => (code = exitCode))
      writeFileSync(join(folder, 'children'), `${service.pid ?? 0} `)
    })

    afterEach(async () => {
      service.kill('SIGKILL')
      await until('the service has ended', () => code !== undefined)
    })

    after(() => {
      rmSync(folder, { recursive: true, force: true })
    })

    /** Runs the health check once, as the engine does. Returns its exit code. */
    async function checkOnce(port: number): Promise<unknown> {
      const args = [check, String(port), folder, join(folder, 'children')]
      const failed = await run('bash', args).then(
        () => undefined,
        (error: unknown) => error as { code: unknown },
      )
      return failed?.code ?? 0
    }

    it('is killed by the health check after 15 s without an HTTP answer', async () => {
      const port = tenant.config.producer.opsHostPort
      await until('it is ready', async () => (await checkOnce(port)) === 0)
      service.kill('SIGSTOP')
      const stoppedAt = performance.now()
      while (code === undefined && performance.now() - stoppedAt < 60_000) {
        expect(await checkOnce(port)).to.equal(1)
        await wait(1_000)
      }
      expect([code, service.signalCode]).to.deep.equal([null, 'SIGKILL'])
      expect(performance.now() - stoppedAt).to.be.within(14_000, 40_000)
    })

    it('is not killed by the health check while it answers 503', async () => {
      // The port of the API answers 404 for these paths: an answer, but not ready.
      const { hostPort } = tenant.config.producer
      const target = { host: '127.0.0.1', port: hostPort, path: '/' }
      await until('it answers', async () => !(await givesNoAnswer(target)))
      const begin = performance.now()
      while (performance.now() - begin < 20_000) {
        expect(await checkOnce(hostPort)).to.equal(1)
        await wait(500)
      }
      expect(code).to.equal(undefined)
    })

    it('is not killed before its first answer within the first 15 s', async () => {
      const [unused = ''] = await scratchPorts(1, ['kafka.hostPort'])
      for (let times = 0; times < 8; times += 1) {
        expect(await checkOnce(Number(unused.split('=')[1]))).to.equal(1)
        await wait(2_000)
      }
      expect(code).to.equal(undefined)
    })
  })
})
