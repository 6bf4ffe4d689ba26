import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { ApiError, getJson } from '../../../services/dashboard/page/api.ts'

describe('getJson', () => {
  const answers: Readonly<Record<string, readonly [status: number, body: string]>> = {
    '/ok': [200, '{"vin":"A"}'],
    '/problem': [503, '{"title":"Unavailable","detail":"Retry later."}'],
    '/proxy-error': [502, '<h1>Bad gateway</h1>'],
    '/html-page': [200, '<h1>Sign in</h1>'],
  }
  const server = createServer(({ url = '' }, response) => {
    const [status, body] = answers[url] ?? [404, '']
    response.writeHead(status).end(body)
  })
  let base: string
  before(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  after(() => {
    server.close()
    server.closeAllConnections()
  })

  it('returns the parsed JSON of a response', async () => {
    expect(await getJson(`${base}/ok`)).to.deep.equal({ vin: 'A' })
  })

  for (const [path, status, message] of [
    ['/problem', 503, 'Unavailable: Retry later.'],
    ['/proxy-error', 502, 'The platform returned HTTP status 502.'],
    ['/html-page', 0, 'The platform returned an unreadable response.'],
  ] as const) {
    it(`throws an ApiError with the message "${message}"`, async () => {
      const error = await getJson(`${base}${path}`).catch((caught: unknown) => caught)
      expect(error).to.be.instanceOf(ApiError)
      expect(error).to.include({ status, message })
    })
  }
})
