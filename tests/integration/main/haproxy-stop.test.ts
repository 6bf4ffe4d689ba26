import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { Server } from 'node:http'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import {
  haproxyConfiguration,
  versionOfHaproxy,
  withoutSecret,
  withServer,
} from '../../support/haproxy.ts'
import { until } from '../../support/until.ts'

/** Seconds in which a stopping HAProxy accepts connections. */
const drainSeconds = 3

describe('HAProxy in a pod (skipped if HAProxy is not installed)', function () {
  this.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-haproxy-'))
  let haproxy: ChildProcess | undefined
  let producer: Server | undefined
  let ports = { main: 0, readiness: 0, producer: 0 }

  before(function () {
    if (versionOfHaproxy() === undefined) this.skip()
  })

  after(() => {
    producer?.close()
    rmSync(folder, { recursive: true, force: true })
  })

  beforeEach(async () => {
    ports = { main: await freeRun(1), readiness: await freeRun(1), producer: await freeRun(1) }
    const file = join(folder, 'haproxy.cfg')
    const bound = haproxyConfiguration
      .replace('bind :5001', `bind 127.0.0.1:${ports.main}`)
      .replace('bind :8404', `bind 127.0.0.1:${ports.readiness}`)
    const changed = withServer(bound, { main: ports.producer, ops: ports.producer })
    const isCurrent = (versionOfHaproxy() ?? 0) >= 2.9
    writeFileSync(file, isCurrent ? changed : withoutSecret(changed))
    const env = {
      PATH: process.env['PATH'],
      MAX_CONNECTIONS_PER_CLIENT: '100',
      PROXY_SECRET: 'the-secret-of-this-platform',
      DRAIN_SECONDS: String(drainSeconds),
    }
    // A master and a worker, as the entrypoint of the image starts it.
    haproxy = spawn('haproxy', ['-W', '-db', '-f', file], { env, stdio: 'ignore' })
    await until('HAProxy listens', async () => (await statusOf(ports.readiness)) !== undefined)
  })

  afterEach(async () => {
    producer?.close()
    if (haproxy?.exitCode === null && haproxy.kill('SIGTERM')) await once(haproxy, 'exit')
  })

  const startProducer = async (): Promise<void> => {
    producer = createServer((_, response) => response.end()).listen(ports.producer, '127.0.0.1')
    await once(producer, 'listening')
    await until('HAProxy is ready', async () => (await statusOf(ports.readiness)) === 200)
  }

  it('is ready when it has found a producer, and stays ready when the producers are gone', async () => {
    expect(await statusOf(ports.readiness)).to.equal(503)
    await startProducer()
    producer?.close()
    producer?.closeAllConnections()
    await until('no producer is ready', async () => (await statusOf(ports.main)) === 503)
    expect(await statusOf(ports.readiness)).to.equal(200)
  })

  it('is not ready from the signal to stop, and accepts connections for some seconds more', async () => {
    await startProducer()
    const stopped = once(haproxy!, 'exit')
    haproxy?.kill('SIGUSR1')
    const start = Date.now()
    await until('it is not ready', async () => (await statusOf(ports.readiness)) === 503)
    expect(await statusOf(ports.main)).to.be.a('number')
    await until('no connection is accepted', async () => (await statusOf(ports.main)) === undefined)
    expect(Date.now() - start).to.be.within(
      drainSeconds * 1_000 - 500,
      drainSeconds * 1_000 + 5_000,
    )
    await stopped
  })
})

/** The status of the response to a request on a new connection; undefined if it is not accepted. */
async function statusOf(port: number): Promise<number | undefined> {
  try {
    const headers = { connection: 'close' }
    return (await fetch(`http://127.0.0.1:${port}/readyz`, { headers })).status
  } catch {
    return undefined
  }
}
