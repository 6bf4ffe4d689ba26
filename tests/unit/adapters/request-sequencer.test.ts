import type { IncomingMessage, ServerResponse } from 'node:http'
import { setImmediate as immediate, setTimeout as wait } from 'node:timers/promises'
import { expect } from 'chai'
import type { RunningServer } from '../../../services/adapters/http/server.ts'
import { listen } from '../../../services/adapters/http/server.ts'
import type { RawClient } from '../../support/raw-clients.ts'
import { disconnectAll, rawClient } from '../../support/raw-clients.ts'
import { until } from '../../support/until.ts'

const head = (headers = ''): string => `POST /x HTTP/1.1\r\nHost: localhost\r\n${headers}\r\n`

describe('requests of one connection', () => {
  let server: RunningServer
  let client: RawClient
  /** Called for each request; the response is sent when it resolves. */
  let work: (body: string) => Promise<unknown>
  let running = 0
  let maxRunning = 0
  let started = 0

  beforeEach(async () => {
    running = maxRunning = started = 0
    work = () => Promise.resolve()
    const respond = async (request: IncomingMessage, response: ServerResponse) => {
      started += 1
      maxRunning = Math.max(maxRunning, ++running)
      let body = ''
      for await (const piece of request) body += String(piece)
      await work(body)
      running -= 1
      response.end(`<${body.length}>`)
    }
    server = await listen(
      (request, response) => {
        respond(request, response).catch(() => undefined)
      },
      { host: '127.0.0.1', port: 0 },
    )
    client = await rawClient(`http://127.0.0.1:${server.port}`)
  })

  afterEach(async () => {
    disconnectAll([client])
    await server[Symbol.asyncDispose]()
  })

  const lengths = (): number[] =>
    [...client.received.matchAll(/<(\d+)>/g)].map(([, length]) => Number(length))

  it('are served one at a time and in order', async () => {
    work = () => immediate()
    const bodies = Array.from({ length: 2_000 }, (_, index) => 'x'.repeat(index % 7))
    client.socket.write(
      bodies.map((body) => `${head(`Content-Length: ${body.length}\r\n`)}${body}`).join(''),
    )
    await until('all are answered', () => lengths().length === bodies.length)
    expect(lengths()).to.deep.equal(bodies.map(({ length }) => length))
    expect(maxRunning).to.equal(1)
  })

  it('are not started after the client has disconnected', async () => {
    work = () => wait(50)
    client.socket.write(head().repeat(1_000))
    await until('a request is started', () => started > 0)
    client.socket.destroy()
    await until('no request is running', () => running === 0)
    await wait(200)
    // The disconnection is noticed when a response is sent.
    expect(started).to.be.at.most(20)
  })

  it('may have large bodies, with a length or in chunks, before other requests', async () => {
    const large = 'x'.repeat(300_000)
    const chunked = `10\r\n${'\r\n'.repeat(8)}\r\n`.repeat(1_000)
    client.socket.write(head(`Content-Length: ${large.length}\r\n`) + large)
    client.socket.write(`${head('Transfer-Encoding: chunked\r\n')}${chunked}0\r\n\r\n`)
    client.socket.write(head().repeat(50))
    await until('all are answered', () => lengths().length === 52)
    expect(lengths().slice(0, 3)).to.deep.equal([300_000, 16_000, 0])
    expect(maxRunning).to.equal(1)
  })

  it('are all answered if the client closes its sending side after the last one', async () => {
    work = () => wait(1)
    client.socket.end(head().repeat(500))
    await until('the connection is closed', () => client.isClosed)
    expect(lengths().length).to.equal(500)
  })

  it('that wait when the server stops are not answered after a response with Connection: close', async () => {
    let finish = (): void => undefined
    work = () => (started === 1 ? new Promise<void>((resolve) => (finish = resolve)) : immediate())
    client.socket.write(head().repeat(10))
    await until('a request is started', () => started === 1)
    const stopped = server[Symbol.asyncDispose]()
    finish()
    await stopped
    await until('the connection is closed', () => client.isClosed)
    expect(lengths().length).to.equal(2)
    expect(client.received.toLowerCase().split('connection: close')).to.have.length(2)
  })
})
