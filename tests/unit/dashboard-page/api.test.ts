import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect } from 'chai'
import { ApiError, getJson } from '../../../services/dashboard/page/api.ts'

describe('the API, as the page asks it', () => {
  const answers: Readonly<Record<string, readonly [status: number, body: string]>> = {
    '/well': [200, '{"vin":"A"}'],
    '/problem': [503, '{"title":"Away","detail":"Ask again later."}'],
    '/stranger': [502, '<h1>Bad gateway</h1>'],
    '/page': [200, '<h1>Sign in</h1>'],
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

  it('answers in JSON', async () => {
    expect(await getJson(`${base}/well`)).to.deep.equal({ vin: 'A' })
  })

  for (const [path, status, sentence] of [
    ['/problem', 503, 'Away: Ask again later.'],
    ['/stranger', 502, 'The platform answered with 502.'],
    ['/page', 0, 'The answer of the platform cannot be read.'],
  ] as const) {
    it(`is said to have failed in a sentence for people: ${path}`, async () => {
      const error = await getJson(`${base}${path}`).catch((caught: unknown) => caught)
      expect(error).to.be.instanceOf(ApiError)
      expect(error).to.include({ status, message: sentence })
    })
  }
})
