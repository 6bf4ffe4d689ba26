import type { ChildProcess } from 'node:child_process'
import { expect } from 'chai'
import { manyReadings, postJson, readingJson } from '../../support/http-client.ts'
import { residentMegabytes, samplesOf } from '../../support/metrics.ts'
import type { RawClient } from '../../support/raw-clients.ts'
import {
  disconnectAll,
  openFiles,
  openFilesLimit,
  rawClient,
  rawClients,
} from '../../support/raw-clients.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant, withIngress } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const idleCount = Math.min(10_000, openFilesLimit() - 2_000)
const crlf = '\r\n'
const head = (length: string) =>
  [
    'POST /events HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    length,
    '',
    '',
  ].join(crlf)

/** Whether a complete response is a problem document with this status. */
function isProblem(response: string, status: number): boolean {
  const [top = '', body = '{}'] = response.split(`${crlf}${crlf}`)
  const hasHead = top.startsWith(`HTTP/1.1 ${status} `) && top.includes('application/problem+json')
  return hasHead && (JSON.parse(body) as { status: number }).status === status
}

// Ingress and producer run in child processes, so that their memory is measured separately.
describe('slow and hostile clients', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let producer: ChildProcess
  let target: { readonly url: string }
  let clients: RawClient[]

  before(async () => {
    tenant = await Tenant.create(await sharedServers(), [
      ...withIngress,
      'producer.maxPendingMegabytes=8',
      'services.maxConnectionsPerClient=20000',
    ])
    producer = tenant.spawn('producer')
    tenant.spawn('ingress')
    target = { url: tenant.ingressUrl }
    await until('readings are accepted', isServed)
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  beforeEach(async () => {
    clients = []
    // The producer releases the memory of earlier clients when it notices that they disconnected.
    await until('the producer has no pending bytes', async () => (await pendingBytes()) === 0)
  })

  afterEach(() => {
    disconnectAll(clients)
  })

  const isServed = async (): Promise<boolean> =>
    (await postJson(target, readingJson('OTHER'))).status === 202

  /** Other clients are served quickly, on existing and on new connections. */
  async function expectOthersServed(): Promise<void> {
    const since = Date.now()
    for (let count = 0; count < 5; count += 1) expect(await isServed()).to.equal(true)
    const fresh = await rawClient(target.url)
    const body = JSON.stringify(readingJson('FRESH'))
    fresh.socket.write(`${head(`Content-Length: ${body.length}`)}${body}`)
    await until('a new connection is served', () => fresh.received.startsWith('HTTP/1.1 202 '))
    disconnectAll([fresh])
    expect(Date.now() - since).to.be.lessThan(30_000)
  }

  const opsPort = (): number => tenant.config.producer.opsHostPort
  const memory = () => residentMegabytes(opsPort())
  const pendingBytes = async () => (await samplesOf(opsPort())).get('telemetry_pending_bytes')

  it(`${idleCount} idle connections do not block other clients and do not reach a producer`, async () => {
    clients = await rawClients(target.url, idleCount)
    await expectOthersServed()
    expect(openFiles(producer)).to.be.lessThan(1_000)
  })

  it('1,000 request heads sent byte by byte do not block other clients and are closed with 503', async () => {
    clients = await rawClients(target.url, 1_000)
    const text = head('Content-Length: 2')
    let sent = 0
    const sendTimer = setInterval(() => {
      for (const { socket } of clients) if (!socket.destroyed) socket.write(text[sent] ?? 'x')
      sent += 1
    }, 500)
    await until('all clients have started to send', () => sent > 1)
    await expectOthersServed()
    await until('all connections are closed', () => clients.every(({ isClosed }) => isClosed))
    clearInterval(sendTimer)
    expect(clients.filter(({ received }) => isProblem(received, 503)).length).to.be.greaterThan(0)
    await expectOthersServed()
  })

  it('1,000 bodies sent byte by byte do not block other clients', async () => {
    clients = await rawClients(target.url, 1_000)
    for (const { socket } of clients) socket.write(`${head('Content-Length: 1000')}[`)
    await expectOthersServed()
    for (const { socket } of clients) socket.write(' ')
    await expectOthersServed()
  })

  it('stalled bodies are dropped with 503 when their memory is needed for other requests', async () => {
    // 2 MB of bodies fit: these two of 0.75 MB each, but no third.
    const partialBody = 'x'.repeat(768 * 1024)
    clients = await rawClients(target.url, 2)
    for (const { socket } of clients)
      socket.write(`${head('Content-Length: 1000000')}${partialBody}`)
    const metadata = { padding: 'x'.repeat(600) }
    const large = manyReadings(1_000, 'LARGE').map((reading) => ({ ...reading, metadata }))
    const statusOfLarge = async () => (await postJson(target, large)).status
    const droppedClients = () =>
      clients.filter(({ received }) => received.includes('"Request body too slow"'))
    // Wait for both: a request between them would make the producer refuse the second.
    const costOfBoth = 2 * 4 * partialBody.length
    await until('both bodies are pending', async () => ((await pendingBytes()) ?? 0) > costOfBoth)
    await until(
      'a large body is accepted in their place',
      async () => (await statusOfLarge()) === 202,
    )
    await until('a stalled client has received 503', () => droppedClients().length > 0)
    await expectOthersServed()
  })

  it('a request that is not HTTP is refused with 400', async () => {
    const [client] = (clients = await rawClients(target.url, 1))
    client?.socket.write(`GET /events FTP/1.0${crlf}${crlf}`)
    await until('the connection is closed', () => client?.isClosed)
    expect(isProblem(client?.received ?? '', 400), client?.received).to.equal(true)
  })

  it('endless bodies are cut off', async () => {
    clients = await rawClients(target.url, 20)
    const chunk = `10000${crlf}${' '.repeat(65_536)}${crlf}`
    const sendUntilClosed = (client: RawClient): void => {
      const { socket } = client
      if (socket.destroyed || !socket.writable) return
      socket.write(chunk, (error) => {
        if (!error) setImmediate(sendUntilClosed, client)
      })
    }
    for (const client of clients) {
      client.socket.write(head('Transfer-Encoding: chunked'))
      sendUntilClosed(client)
    }
    await until('another client is served', isServed)
    await until('all connections are closed', () => clients.every(({ isClosed }) => isClosed))
    await expectOthersServed()
    expect(await memory()).to.be.lessThan(250)
  })

  it('a client that closes its sending side after the request receives the response', async () => {
    const body = JSON.stringify(readingJson('HALF'))
    const [client] = (clients = await rawClients(target.url, 1))
    client?.socket.end(`${head(`Content-Length: ${body.length}`)}${body}`)
    await until('the response is received', () => client?.received.startsWith('HTTP/1.1 202 '))
  })

  it('connections whose sending side is closed within a request are closed', async () => {
    clients = await rawClients(target.url, 300)
    for (const [index, { socket }] of clients.entries()) {
      const request = `${head('Content-Length: 1000')}[`
      socket.end(request.slice(0, index % 2 === 0 ? 40 : undefined))
    }
    await until('all connections are closed', () => clients.every(({ isClosed }) => isClosed))
    await expectOthersServed()
  })

  it('100 pipelined requests on one connection are answered in order', async () => {
    const [client] = (clients = await rawClients(target.url, 1))
    const requests = Array.from({ length: 100 }, (_, index) => {
      const count = 1 + (index % 3)
      const body = JSON.stringify(manyReadings(count, `PIPE-${index}`))
      return `${head(`Content-Length: ${body.length}`)}${body}`
    })
    client?.socket.write(requests.join(''))
    const counts = () =>
      [...(client?.received ?? '').matchAll(/"accepted":(\d+)/g)].map(([, n]) => Number(n))
    await until('all requests are answered', () => counts().length === 100)
    expect(counts()).to.deep.equal(requests.map((_, index) => 1 + (index % 3)))
  })

  for (const [what, lines, status] of [
    ['without Host', [], 400],
    ['with an Expect other than 100-continue', ['Host: localhost', 'Expect: cake'], 417],
  ] as const) {
    it(`a request ${what} is refused with ${status} and a problem document`, async () => {
      const urls = [target.url, `http://127.0.0.1:${opsPort()}`]
      clients = await Promise.all(urls.map(rawClient))
      for (const { socket } of clients)
        socket.write(['GET /healthz HTTP/1.1', ...lines, '', ''].join(crlf))
      await until('both are answered', () =>
        clients.every(({ received }) => received.includes(`"status":${status}`)),
      )
      for (const { received } of clients) expect(isProblem(received, status)).to.equal(true)
      await expectOthersServed()
    })
  }

  for (const [what, lines] of [
    ['a header of 100 KB', `X-Long: ${'x'.repeat(100_000)}${crlf}`],
    ['10,000 header lines', `X-Many: 1${crlf}`.repeat(10_000)],
  ] as const) {
    it(`a request with ${what} is refused with 431`, async () => {
      clients = await rawClients(target.url, 50)
      for (const { socket } of clients) socket.write(`GET /events HTTP/1.1${crlf}${lines}${crlf}`)
      await until('all connections are closed', () => clients.every(({ isClosed }) => isClosed))
      expect(clients.filter(({ received }) => isProblem(received, 431)).length).to.be.greaterThan(0)
      await expectOthersServed()
    })
  }
})
