import { once } from 'node:events'
import type { IncomingMessage, Server } from 'node:http'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { sendJson } from '../../../services/adapters/http/problem.ts'

describe('sendJson', () => {
  let server: Server
  let pieces: string[]
  beforeEach(async () => {
    pieces = []
    server = createServer((request, response) => {
      const { socket } = request
      const write = socket._write.bind(socket)
      // Without `_writev` each piece is written on its own.
      Object.assign(socket, {
        _writev: undefined,
        _write: (chunk: unknown, ...others: [BufferEncoding, () => void]) => {
          pieces.push(String(chunk))
          write(chunk, ...others)
        },
      })
      sendJson(response, 202, { accepted: 1 })
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
  })
  afterEach(() => {
    server.closeAllConnections()
    server.close()
  })

  async function ask(method: string) {
    const { port } = server.address() as AddressInfo
    const request = httpRequest({ host: '127.0.0.1', port, method }).end()
    const [response] = (await once(request, 'response')) as [IncomingMessage]
    return { status: response.statusCode, headers: response.headers, body: await text(response) }
  }

  it('writes a short answer to the socket in one piece', async () => {
    expect(await ask('POST')).to.include({ status: 202, body: '{"accepted":1}' })
    expect(pieces).to.have.length(1)
    expect(pieces[0]).to.match(/^HTTP\/1.1 202 [^]*\r\n\r\n{"accepted":1}$/)
  })

  it('answers HEAD with the headers alone', async () => {
    const { status, headers, body } = await ask('HEAD')
    expect([status, headers['content-length'], body]).to.deep.equal([202, '14', ''])
  })
})
