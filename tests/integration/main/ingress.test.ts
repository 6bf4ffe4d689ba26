import { once } from 'node:events'
import { createServer } from 'node:http'
import type { Server } from 'node:http'
import { connect } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { clientAddress } from '../../../services/adapters/http/proxy/client-address.ts'
import { listen } from '../../../services/adapters/http/server.ts'
import { startIngress } from '../../../services/ingress/service.ts'
import type { Running } from '../../../services/runtime/lifecycle.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { freeRun } from '../../../scripts/ports/scratch-ports.ts'
import { until } from '../../support/until.ts'

const proxySecret = 'secret'

/** A fake producer that returns its name. `ready` sets the response of its health check. */
class FakeProducer {
  readonly name: string
  ready = true
  /** The client addresses of its requests. */
  readonly clients: string[] = []
  #health: Server | undefined
  #main: AsyncDisposable | undefined

  constructor(name: string) {
    this.name = name
  }

  async listen(main: number, ops: number): Promise<void> {
    const health = createServer((_, response) => {
      response.writeHead(this.ready ? 200 : 503).end()
    })
    this.#health = health
    await new Promise<void>((resolve) => health.listen(ops, '127.0.0.1', resolve))
    this.#main = await listen(
      (request, response) => {
        this.clients.push(clientAddress(request))
        request.resume().on('end', () => response.end(this.name))
      },
      { host: '127.0.0.1', port: main },
      { behindIngress: { secret: proxySecret } },
    )
  }

  async close(): Promise<void> {
    this.#health?.close()
    this.#health?.closeAllConnections()
    await this.#main?.[Symbol.asyncDispose]()
  }
}

describe('Ingress', () => {
  let ingress: Running
  let url: string
  let ends: FakeProducer[]
  let ports: number[]

  beforeEach(async () => {
    const first = await freeRun(5)
    ports = Array.from({ length: 5 }, (_, index) => first + index)
    const [http = 0, ...others] = ports
    const at = (index: number) => ({ host: '127.0.0.1', port: others[index] ?? 0 })
    ends = [new FakeProducer('first'), new FakeProducer('second')]
    await ends[0]?.listen(at(0).port, at(1).port)
    await ends[1]?.listen(at(2).port, at(3).port)
    ingress = await startIngress(
      {
        logLevel: 'silent',
        http: { host: '127.0.0.1', port: http },
        maxConnectionsPerClient: 50,
        proxySecret,
        tls: undefined,
        producers: [
          { main: at(0), ops: at(1) },
          { main: at(2), ops: at(3) },
        ],
      },
      createLogger('test', 'silent'),
    )
    url = `http://127.0.0.1:${http}/`
    await until('both producers are used', async () => (await names(10)).size === 2)
  })

  afterEach(async () => {
    for (const end of ends) await end.close()
    await ingress[Symbol.asyncDispose]()
  })

  async function fetchName(): Promise<string> {
    const headers = { connection: 'close' }
    const response = await fetch(url, { headers })
    return response.status === 200 ? response.text() : String(response.status)
  }

  async function names(count: number): Promise<Set<string>> {
    return new Set(await Promise.all(Array.from({ length: count }, fetchName)))
  }

  it('skips a producer while it is not ready', async () => {
    const [first] = ends
    if (first) first.ready = false
    await until(
      'only the second producer is used',
      async () => [...(await names(10))].join() === 'second',
    )
    if (first) first.ready = true
    await until('both producers are used again', async () => (await names(10)).size === 2)
  })

  it('skips a stopped producer without losing a request', async () => {
    await ends[0]?.close()
    expect([...(await names(20))]).to.deep.equal(['second'])
  })

  it('returns 503 with Retry-After if no producer is ready', async () => {
    for (const end of ends) await end.close()
    const response = await until('no producer is left', async () => {
      const answer = await fetch(url, { headers: { connection: 'close' } })
      return answer.status === 503 && answer
    })
    expect(response.headers.get('retry-after')).to.equal('1')
    expect(response.headers.get('content-type')).to.equal('application/problem+json')
    expect(await response.json()).to.include({ status: 503, title: 'No producer is ready' })
  })

  it('forwards a body of a megabyte in both directions', async () => {
    const body = 'x'.repeat(1024 * 1024)
    const response = await fetch(url, { method: 'POST', body })
    expect(['first', 'second']).to.include(await response.text())
  })

  /** Sends bytes on a new connection, and returns the response. */
  function sendBytes(bytes: string, localAddress = '127.0.0.1'): Promise<string> {
    const { port } = new URL(url)
    const socket = connect({ port: Number(port), host: '127.0.0.1', localAddress })
    socket.write(bytes)
    return text(socket)
  }

  it('forwards the address of the connection and ignores forwarding headers of the client', async () => {
    const forged = 'X-Forwarded-For: 203.0.113.9\r\nForwarded: for=203.0.113.9\r\n'
    const request = `GET / HTTP/1.1\r\nHost: localhost\r\n${forged}Connection: close\r\n\r\n`
    for (const end of ends) end.clients.length = 0
    expect(await sendBytes(request, '127.0.0.7')).to.match(/^HTTP\/1.1 200 /)
    expect(ends.flatMap(({ clients }) => clients)).to.deep.equal(['127.0.0.7'])
  })

  it('returns 400 for a PROXY header from the client', async () => {
    const version2 = '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x0c\x01\x01\x01\x01\x7f\0\0\x01\0\x01\0\x01'
    for (const end of ends) end.clients.length = 0
    for (const header of ['PROXY TCP4 203.0.113.9 127.0.0.1 1 1\r\n', version2]) {
      const answer = await sendBytes(`${header}GET / HTTP/1.1\r\nHost: localhost\r\n\r\n`)
      expect(answer).to.match(/^HTTP\/1.1 400 /)
    }
    expect(ends.flatMap(({ clients }) => clients)).to.deep.equal([])
  })

  it('does not connect to a producer before the client sends data', async () => {
    const { port } = new URL(url)
    for (const end of ends) await end.close()
    const socket = connect(Number(port), '127.0.0.1')
    await once(socket, 'connect')
    let received = ''
    socket.setEncoding('utf8').on('data', (piece: string) => (received += piece))
    await until('other clients get 503', async () => (await fetchName()) === '503')
    expect(received).to.equal('')
    socket.write('x')
    await until('the client gets 503 after it has sent data', () =>
      received.startsWith('HTTP/1.1 503 '),
    )
    socket.destroy()
  })
})
