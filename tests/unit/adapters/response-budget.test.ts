import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import type { RequestListener } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import express from 'express'
import { sendLargeFile } from '../../../services/adapters/http/files/byte-range.ts'
import { reserveWork } from '../../../services/adapters/http/limits/response-budget.ts'
import { sendJson, sendProblem } from '../../../services/adapters/http/problem.ts'
import type { RunningServer } from '../../../services/adapters/http/server.ts'
import { listen } from '../../../services/adapters/http/server.ts'
import type { RawClient } from '../../support/raw-clients.ts'
import { disconnectAll, rawClient } from '../../support/raw-clients.ts'
import { until } from '../../support/until.ts'
import { FakeClock } from '../producer/fake-clock.ts'

/** More than the buffers of the operating system take of a response that is not read. */
const bodyBytes = 12 * 1024 * 1024
const limitBytes = 2.5 * bodyBytes

describe('memory for responses that clients have not read', () => {
  let server: RunningServer
  let clients: RawClient[]
  let reached: string[]

  async function serve(listener: RequestListener, maxUnsentBytes = limitBytes): Promise<void> {
    clients = []
    reached = []
    const onReached = (limit: string, client: string) => reached.push(`${limit} ${client}`)
    const limits = { maxUnsentBytes, onReached }
    server = await listen(listener, { host: '127.0.0.1', port: 0 }, { limits })
  }

  afterEach(async () => {
    disconnectAll(clients)
    await server[Symbol.asyncDispose]()
  })

  const url = () => `http://127.0.0.1:${server.port}`

  /** Sends a request, and reads the begin of the response alone. */
  async function requestWithoutReading(): Promise<RawClient> {
    const client = await rawClient(url())
    clients.push(client)
    client.socket.once('data', () => client.socket.pause())
    client.socket.write('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await until('the response begins', () => client.received.length > 0)
    return client
  }
  const statusOf = ({ received }: RawClient): string => received.slice(9, 12)

  async function fetchStatus(): Promise<number> {
    const response = await fetch(url(), { headers: { connection: 'close' } })
    await response.arrayBuffer()
    return response.status
  }

  const sendLarge: RequestListener = (_, response) => {
    sendJson(response, 200, 'x'.repeat(bodyBytes))
  }
  const full = 'unsent-bytes 127.0.0.1'

  it('a response that does not fit is 503 with Retry-After, and counted', async () => {
    await serve(sendLarge)
    const statuses: string[] = []
    for (let count = 0; count < 4; count += 1)
      statuses.push(statusOf(await requestWithoutReading()))
    expect(statuses).to.deep.equal(['200', '200', '503', '503'])
    expect(clients[2]?.received).to.match(/retry-after: 5/i)
    expect(clients[2]?.received).to.contain('"Memory for responses is full"')
    expect(reached).to.deep.equal([full, full])
  })

  it('a client that disconnects or reads its response makes room for another', async () => {
    await serve(sendLarge)
    const [first, second] = [await requestWithoutReading(), await requestWithoutReading()]
    expect(await fetchStatus()).to.equal(503)
    first.socket.destroy()
    await until('the first has made room', async () => (await fetchStatus()) === 200)
    expect(statusOf(await requestWithoutReading())).to.equal('200')
    expect(await fetchStatus()).to.equal(503)
    second.socket.resume()
    await until('the second has made room', async () => (await fetchStatus()) === 200)
  })

  it('a large problem document that does not fit is 503', async () => {
    const detail = 'x'.repeat(bodyBytes)
    await serve((_, response) => {
      sendProblem(response, { status: 422, title: 'Large', detail })
    })
    await requestWithoutReading()
    await requestWithoutReading()
    expect(await fetchStatus()).to.equal(503)
  })

  it('a small response is sent although the memory is full', async () => {
    await serve((request, response) => {
      if (request.url === '/small') sendJson(response, 200, {})
      else sendLarge(request, response)
    })
    await requestWithoutReading()
    await requestWithoutReading()
    expect(await fetchStatus()).to.equal(503)
    expect((await fetch(`${url()}/small`)).status).to.equal(200)
  })

  it('a response that has been sent for ten seconds is ended when another needs its memory', async () => {
    const clock = new FakeClock()
    try {
      await serve(sendLarge)
      const [first, second] = [await requestWithoutReading(), await requestWithoutReading()]
      clock.advance(9_999)
      expect(await fetchStatus()).to.equal(503)
      clock.advance(1)
      expect(await fetchStatus()).to.equal(200)
      expect(reached).to.deep.equal([full, full])
      first.socket.resume()
      await until('the first connection is closed', () => first.isClosed)
      expect(second.isClosed).to.equal(false)
    } finally {
      clock.restore()
    }
  })

  it('memory for work is held until its response is complete or its client has disconnected', async () => {
    const finish: (() => void)[] = []
    await serve((request, response) => {
      if (!reserveWork(response, 60_000)) response.writeHead(503)
      if (request.url === '/work' && response.statusCode === 200) {
        finish.push(() => response.end('done'))
      } else response.end()
    }, 100_000)
    const client = await rawClient(url())
    clients.push(client)
    for (const end of [() => finish[0]?.(), () => client.socket.resetAndDestroy()]) {
      const begun = finish.length
      client.socket.write('GET /work HTTP/1.1\r\nHost: localhost\r\n\r\n')
      await until('the work has begun', () => finish.length > begun)
      expect(await fetchStatus()).to.equal(503)
      end()
      await until('there is room again', async () => (await fetchStatus()) === 200)
    }
  })

  it('a large file that is not read counts with its buffers only', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-large-file-'))
    try {
      const file = join(folder, 'large')
      writeFileSync(file, Buffer.alloc(bodyBytes))
      const app = express().get('/', async (request, response) => {
        await sendLargeFile(request, response, file)
      })
      await serve(app, 300_000)
      const statuses: string[] = []
      for (let count = 0; count < 3; count += 1)
        statuses.push(statusOf(await requestWithoutReading()))
      expect(statuses).to.deep.equal(['200', '200', '503'])
      disconnectAll(clients)
      await until('there is room again', async () => (await fetchStatus()) === 200)
    } finally {
      rmSync(folder, { recursive: true, force: true })
    }
  })
})
