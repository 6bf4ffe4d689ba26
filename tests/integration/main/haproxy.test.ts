import type { ChildProcess } from 'node:child_process'
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { freeRun } from '../../../scripts/platform/scratch-ports.ts'
import type { RawClient } from '../../support/raw-clients.ts'
import { disconnectAll, rawClient } from '../../support/raw-clients.ts'
import { until } from '../../support/until.ts'

const configuration = new URL('../../../infra/docker/images/haproxy.cfg', import.meta.url)
const maxConnectionsPerClient = 5
const request = 'GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n'

describe('HAProxy with the configuration of the ingress (skipped if HAProxy is not installed)', function () {
  this.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-haproxy-'))
  let haproxy: ChildProcess | undefined
  let url: string
  const clients: RawClient[] = []

  before(async function () {
    if (spawnSync('haproxy', ['-v']).status !== 0) this.skip()
    const port = await freeRun(1)
    url = `http://127.0.0.1:${port}`
    const file = join(folder, 'haproxy.cfg')
    const text = readFileSync(configuration, 'utf8')
    const bound = text.replace('bind :5001', `bind 127.0.0.1:${port}`)
    writeFileSync(file, bound.replace('http-request 30s', 'http-request 5s'))
    const MAX_CONNECTIONS_PER_CLIENT = String(maxConnectionsPerClient)
    const env = { PATH: process.env['PATH'], MAX_CONNECTIONS_PER_CLIENT }
    haproxy = spawn('haproxy', ['-db', '-f', file], { env, stdio: 'ignore' })
    await until('HAProxy accepts connections', async () => {
      // From another address, because HAProxy may still count it when the test begins.
      const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2' })
      await once(socket, 'connect')
      socket.destroy()
      return true
    })
  })

  after(async () => {
    disconnectAll(clients)
    if (haproxy?.exitCode === null && haproxy.kill('SIGKILL')) await once(haproxy, 'exit')
    rmSync(folder, { recursive: true, force: true })
  })

  /** Undefined if the connection is reset while it is opened. */
  const connectClient = async (): Promise<RawClient | undefined> => {
    const client = await rawClient(url).catch(() => undefined)
    if (client !== undefined) clients.push(client)
    return client
  }
  const isAnswered = ({ received }: RawClient): boolean => received.startsWith('HTTP/1.1 503 ')

  it('closes a connection above MAX_CONNECTIONS_PER_CLIENT without an answer, and serves the others', async () => {
    for (let count = 0; count < maxConnectionsPerClient; count += 1)
      expect(await connectClient()).to.be.an('object')
    const above = await connectClient()
    await until('the connection above the limit is closed', () => above?.isClosed ?? true)
    expect(above?.received ?? '').to.equal('')
    for (const { socket } of clients.slice(0, maxConnectionsPerClient)) socket.write(request)
    await until('the others are answered', () => {
      return clients.filter(isAnswered).length === maxConnectionsPerClient
    })
    disconnectAll(clients)
    await until('a new connection is answered', async () => {
      const client = await connectClient()
      client?.socket.write(request)
      await until(
        'it is answered or closed',
        () => client && (isAnswered(client) || client.isClosed),
      )
      return client && isAnswered(client)
    })
  })

  it('closes a connection whose request does not arrive in time without an answer', async () => {
    disconnectAll(clients)
    const client = await connectClient()
    client?.socket.write('POST /devices/owntracks HTTP/1.1\r\nHost: local')
    await until('the connection is closed', () => client?.isClosed)
    expect(client?.received).to.equal('')
  })
})
