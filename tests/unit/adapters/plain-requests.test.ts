import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect } from 'chai'
import type { PlainRequest } from '../../../services/adapters/http/plain/plain-connection.ts'
import { jsonAnswer, sendJson } from '../../../services/adapters/http/problem.ts'
import type { RunningServer } from '../../../services/adapters/http/server.ts'
import { listen } from '../../../services/adapters/http/server.ts'
import { aPlainRequest, toBytes } from '../../support/plain/plain-request.ts'
import type { RawClient } from '../../support/raw-clients.ts'
import { disconnectAll, rawClient } from '../../support/raw-clients.ts'
import { until } from '../../support/until.ts'

const plainRequest = (text = '{}'): Buffer => toBytes(aPlainRequest(text))
const otherRequest = Buffer.from('GET /other HTTP/1.1\r\nHost: localhost\r\n\r\n')

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn += 1) await nextTurn()
}

describe('a connection with plain requests', () => {
  let server: RunningServer
  let client: RawClient
  /** Called for each plain request; the answer is sent when it resolves. */
  let work: (request: PlainRequest) => Promise<unknown> | undefined
  let started = 0
  /** At the end of each answer. */
  let padding = ''

  beforeEach(async () => {
    started = 0
    padding = ''
    work = () => Promise.resolve()
    const handle = (request: PlainRequest) => {
      started += 1
      return work(request)?.then(() => jsonAnswer(200, request.body.toString() + padding))
    }
    const plain = { path: '/events', handle }
    server = await listen(
      (_, response) => {
        sendJson(response, 200, 'node:http')
      },
      { host: '127.0.0.1', port: 0 },
      { plain, limits: { requestTimeoutMs: 100 } },
    )
    client = await rawClient(`http://127.0.0.1:${server.port}`)
  })

  afterEach(async () => {
    disconnectAll([client])
    await server[Symbol.asyncDispose]()
  })

  const bodies = (): string[] =>
    [...client.received.matchAll(/\r\n\r\n(".*?")(?=HTTP|$)/g)].map(([, body = '']) => body)
  const answers = (count: number) =>
    until(`${count} answers have arrived`, () => bodies().length === count)

  it('answers them with the headers of node:http', async () => {
    client.socket.write(plainRequest())
    await answers(1)
    client.socket.write(otherRequest)
    await answers(2)
    const [first, second] = client.received.replace(/"node:http"/, '"{}"').split('"{}"')
    const withoutDetails = (head = '') => head.replace(/length: \d+/, '').replace(/Date: .*/, '')
    expect(withoutDetails(first)).to.equal(withoutDetails(second))
    expect(first).to.match(/^Date: \w{3}, \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT\r$/m)
  })

  it('belongs to node:http from the first other request on', async () => {
    for (const bytes of [plainRequest('1'), otherRequest, plainRequest('2')]) {
      client.socket.write(bytes)
      await answers(bodies().length + 1)
    }
    expect(bodies()).to.deep.equal(['"1"', '"node:http"', '"node:http"'])
    expect(started).to.equal(1)
  })

  it('belongs to node:http if a request arrives in two pieces', async () => {
    const bytes = plainRequest()
    client.socket.write(bytes.subarray(0, 20))
    await turns(10)
    client.socket.write(bytes.subarray(20))
    await answers(1)
    expect(bodies()).to.deep.equal(['"node:http"'])
  })

  it('belongs to node:http if a request is not handled', async () => {
    work = () => undefined
    client.socket.write(plainRequest())
    await answers(1)
    expect(bodies()).to.deep.equal(['"node:http"'])
  })

  it('answers requests that arrive before the last answer in order, one at a time', async () => {
    let finish = (): void => undefined
    work = () => new Promise<void>((resolve) => (finish = resolve))
    client.socket.write(plainRequest('1'))
    await until('the first request is started', () => started === 1)
    client.socket.write(otherRequest)
    client.socket.write(plainRequest('2'))
    await turns(10)
    expect([started, client.received]).to.deep.equal([1, ''])
    finish()
    await answers(3)
    expect(bodies()).to.deep.equal(['"1"', '"node:http"', '"node:http"'])
  })

  it('answers a client that has closed its sending half, and is then closed', async () => {
    let finish = (): void => undefined
    work = () => new Promise<void>((resolve) => (finish = resolve))
    client.socket.end(plainRequest('1'))
    await until('the request is started', () => started === 1)
    await turns(10)
    finish()
    await until('the connection is closed', () => client.isClosed)
    expect(bodies()).to.deep.equal(['"1"'])
  })

  it('is closed when the client disconnects before the answer', async () => {
    let finish = (): void => undefined
    work = () => new Promise<void>((resolve) => (finish = resolve))
    client.socket.write(plainRequest())
    await until('the request is started', () => started === 1)
    client.socket.resetAndDestroy()
    await turns(10)
    finish()
    // It would wait for the connection.
    await server[Symbol.asyncDispose]()
  })

  it('is closed when the server stops, if it waits for a further request', async () => {
    client.socket.write(plainRequest())
    await answers(1)
    await server[Symbol.asyncDispose]()
    await until('the connection is closed', () => client.isClosed)
  })

  it('gets the answer to its last request when the server stops, then Connection: close', async () => {
    let finish = (): void => undefined
    work = () => new Promise<void>((resolve) => (finish = resolve))
    client.socket.write(plainRequest('1'))
    await until('the request is started', () => started === 1)
    const stopped = server[Symbol.asyncDispose]()
    client.socket.write(plainRequest('2'))
    await turns(10)
    finish()
    await answers(2)
    await stopped
    expect(bodies()).to.deep.equal(['"1"', '"node:http"'])
    expect(client.received.toLowerCase().split('connection: close')).to.have.length(2)
  })

  it('is answered 408 and closed if no request arrives in time', async () => {
    await until('the connection is closed', () => client.isClosed)
    expect(client.received).to.match(/^HTTP\/1.1 408 /)
  })

  it('starts no further request while the client does not take its answers', async () => {
    padding = 'x'.repeat(4_000)
    client.socket.pause()
    let sent = 0
    // Until the buffers of both ends are full: some megabytes.
    for (; started === sent && sent < 10_000; sent += 1) {
      client.socket.write(plainRequest())
      for (const at = performance.now(); started === sent && performance.now() - at < 300;)
        await nextTurn()
    }
    expect(started).to.equal(sent - 1)
    expect(client.received).to.equal('')
    client.socket.resume()
    await until('the last request is answered', () => started === sent)
  })
})
