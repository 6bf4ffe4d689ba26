import { once } from 'node:events'
import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { answersOk } from '../../../../services/runtime/process/http-probe.ts'

const host = '127.0.0.1'

describe('answersOk', () => {
  let server: Server
  let answer: RequestListener
  let port: number

  beforeEach(async () => {
    server = createServer((request, response) => {
      answer(request, response)
    })
    server.listen(0, host)
    await once(server, 'listening')
    port = (server.address() as AddressInfo).port
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  const probe = () => answersOk({ host, port, path: '/readyz' })

  it('returns true for status 200 on the path', async () => {
    answer = ({ method, url }, response) => {
      response.writeHead(`${method} ${url}` === 'GET /readyz' ? 200 : 404).end('ready')
    }
    expect(await probe()).to.equal(true)
  })

  for (const status of [204, 302, 404, 503]) {
    it(`returns false for status ${status}`, async () => {
      answer = (_, response) => response.writeHead(status).end()
      expect(await probe()).to.equal(false)
    })
  }

  it('returns false if the connection closes without a response', async () => {
    answer = (request) => request.socket.destroy()
    expect(await probe()).to.equal(false)
  })

  it('returns false if nothing listens on the port', async () => {
    server.close()
    await once(server, 'close')
    expect(await probe()).to.equal(false)
  })

  it('returns false after two seconds without a response', async () => {
    answer = () => undefined
    const begin = performance.now()
    expect(await probe()).to.equal(false)
    expect(performance.now() - begin).to.be.within(1_900, 30_000)
  })
})
