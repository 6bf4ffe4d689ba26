import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { clientAddress } from '../../../services/adapters/http/proxy/client-address.ts'
import { listen } from '../../../services/adapters/http/server.ts'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import {
  haproxyConfiguration,
  versionOfHaproxy,
  withoutSecret,
  withServer,
} from '../../support/haproxy.ts'
import type { RawClient } from '../../support/raw-clients.ts'
import { disconnectAll, rawClient } from '../../support/raw-clients.ts'
import { until } from '../../support/until.ts'

const maxConnectionsPerClient = 5
const proxySecret = 'the-secret-of-this-platform'
const request = 'GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n'

describe('HAProxy with the configuration of the ingress (skipped if HAProxy is not installed)', function () {
  this.timeout(60_000)
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-haproxy-'))
  let haproxy: ChildProcess | undefined
  let url: string
  let isCurrent = false
  let addresses = { main: 0, ops: 0 }
  const clients: RawClient[] = []

  before(function () {
    const version = versionOfHaproxy()
    if (version === undefined) this.skip()
    isCurrent = version >= 2.9
  })

  after(() => {
    rmSync(folder, { recursive: true, force: true })
  })

  afterEach(async () => {
    disconnectAll(clients.splice(0))
    if (haproxy?.exitCode === null && haproxy.kill('SIGKILL')) await once(haproxy, 'exit')
  })

  /** Each test has a new HAProxy, which counts no connection of the test before. */
  async function startHaproxy({ requestTimeout = '30s' } = {}): Promise<void> {
    const [port, main, ops] = [await freeRun(1), await freeRun(1), await freeRun(1)]
    url = `http://127.0.0.1:${port}`
    const file = join(folder, 'haproxy.cfg')
    const bound = haproxyConfiguration.replace('bind :5001', `bind 127.0.0.1:${port}`)
    const changed = bound.replace('http-request 30s', `http-request ${requestTimeout}`)
    writeFileSync(file, isCurrent ? withServer(changed, { main, ops }) : withoutSecret(changed))
    const MAX_CONNECTIONS_PER_CLIENT = String(maxConnectionsPerClient)
    const PROXY_SECRET = proxySecret
    const env = { PATH: process.env['PATH'], MAX_CONNECTIONS_PER_CLIENT, PROXY_SECRET }
    addresses = { main, ops }
    haproxy = spawn('haproxy', ['-db', '-f', file], { env, stdio: 'ignore' })
    await until('HAProxy accepts connections', async () => {
      // From another address, because HAProxy may still count it when the test begins.
      const socket = connect({ host: '127.0.0.1', port, localAddress: '127.0.0.2' })
      await once(socket, 'connect')
      socket.destroy()
      return true
    })
  }

  /** Undefined if the connection is reset while it is opened. */
  const connectClient = async (): Promise<RawClient | undefined> => {
    const client = await rawClient(url).catch(() => undefined)
    if (client !== undefined) clients.push(client)
    return client
  }
  const isAnswered = ({ received }: RawClient): boolean => received.startsWith('HTTP/1.1 503 ')

  it('closes a connection above MAX_CONNECTIONS_PER_CLIENT without an answer, and serves the others', async () => {
    await startHaproxy()
    // HAProxy has a thread for each core, and each thread accepts connections. So the last connection may be counted
    // before the others, and another one is then above the limit.
    const opened: (RawClient | undefined)[] = []
    for (let count = 0; count <= maxConnectionsPerClient; count += 1)
      opened.push(await connectClient())
    const isClosed = (client: RawClient | undefined): boolean => client?.isClosed ?? true
    await until('a connection is closed', () => opened.some(isClosed))
    for (const client of opened) if (!isClosed(client)) client?.socket.write(request)
    await until('the others are answered', () => {
      return clients.filter(isAnswered).length === maxConnectionsPerClient
    })
    const closed = opened.filter((client) => client === undefined || !isAnswered(client))
    expect(closed.map((client) => client?.received ?? '')).to.deep.equal([''])
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

  /** The response to a client with another address of this machine. */
  function requestFrom(localAddress: string): Promise<string> {
    const { port } = new URL(url)
    const socket = connect({ host: '127.0.0.1', port: Number(port), localAddress })
    socket.write('GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n')
    return text(socket)
  }

  it('names the client to the producer with the secret (skipped before HAProxy 2.9)', async function () {
    if (!isCurrent) this.skip()
    await startHaproxy()
    const received: string[] = []
    const host = '127.0.0.1'
    await using main = await listen(
      (incoming, response) => {
        received.push(clientAddress(incoming))
        response.end('answer of the producer')
      },
      { host, port: addresses.main },
      { behindIngress: { secret: proxySecret, onRefusedHeader: (why) => received.push(why) } },
    )
    await using ops = await listen((_, response) => response.end(), { host, port: addresses.ops })
    expect([main.port, ops.port]).to.deep.equal([addresses.main, addresses.ops])
    await until('HAProxy uses the producer', async () => {
      return (await requestFrom('127.0.0.7')).endsWith('answer of the producer')
    })
    expect(received).to.deep.equal(['127.0.0.7'])
  })

  it('closes a connection whose request does not arrive in time without an answer', async () => {
    await startHaproxy({ requestTimeout: '2s' })
    const client = await connectClient()
    client?.socket.write('POST /devices/owntracks HTTP/1.1\r\nHost: local')
    await until('the connection is closed', () => client?.isClosed)
    expect(client?.received).to.equal('')
  })
})
