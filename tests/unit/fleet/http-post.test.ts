import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { createServer } from 'node:net'
import { expect } from 'chai'
import { createServer as createTlsServer } from 'node:https'
import { aCertificate } from '../../support/certificates.ts'
import { HttpPost } from '../../../fleet/uplink/http-post.ts'

/** Posts to a server that sends the same bytes for every request. */
async function postTo(answer: string) {
  const server = createServer((socket) => socket.on('data', () => socket.write(answer)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = new URL(`http://127.0.0.1:${port}/events`)
  const post = new HttpPost({ url, timeoutMs: 5_000, maxSockets: 1 })
  try {
    return await post.post('[]')
  } finally {
    post.close()
    server.close()
  }
}

describe('HttpPost', () => {
  it('returns status, body and the wait time by the clock of the server', async () => {
    const dates =
      'Date: Sat, 31 Jan 2026 12:00:00 GMT\r\nRetry-After: Sat, 31 Jan 2026 12:00:09 GMT'
    const answer = await postTo(
      `HTTP/1.1 503 Service Unavailable\r\n${dates}\r\nContent-Length: 2\r\n\r\n{}`,
    )
    expect(answer).to.deep.equal({ status: 503, retryAfterMs: 9_000, body: '{}' })
  })

  it('rejects a response of 101 Switching Protocols instead of waiting forever', async () => {
    const answer = 'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'
    const fault = await postTo(answer).catch((error: unknown) => error)
    expect((fault as Error).message).to.equal('HTTP 101')
  })

  describe('over TLS', () => {
    /** Posts to a server with a certificate for `localhost` of this authority. */
    async function postOverTls(ca: string | undefined, { name = 'localhost' } = {}) {
      const server = createTlsServer({ ...pair }, (_, response) => response.end('stored'))
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      const { port } = server.address() as AddressInfo
      const url = new URL(`https://${name}:${port}/events`)
      const trusted = ca === undefined ? {} : { ca }
      const post = new HttpPost({ url, timeoutMs: 5_000, maxSockets: 1, ...trusted })
      try {
        return (await post.post('[]')).body
      } catch (error) {
        return (error as NodeJS.ErrnoException).code
      } finally {
        post.close()
        server.close()
      }
    }
    let pair: { cert: string; key: string }

    before(function () {
      const made = aCertificate()
      if (made === undefined) this.skip()
      pair = made
    })

    it('posts to a server whose authority is given', async () => {
      expect(await postOverTls(pair.cert)).to.equal('stored')
    })

    it('refuses a server of an unknown authority, and one with another name', async () => {
      expect(await postOverTls(undefined)).to.equal('DEPTH_ZERO_SELF_SIGNED_CERT')
      expect(await postOverTls(pair.cert, { name: '127.0.0.1' })).to.equal(
        'ERR_TLS_CERT_ALTNAME_INVALID',
      )
    })
  })
})
