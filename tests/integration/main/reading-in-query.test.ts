import { expect } from 'chai'
import request from 'supertest'
import { readingJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const counterText = /^Welcome to KafkaProducer\/HTTPServer!\n\nEvents served: 0\.$/
const seconds = Math.floor(Date.now() / 1000)
const position = 'id=861234&lat=37.77&lon=-122.42'

describe('A reading in the query of a request', () => {
  let tenant: Tenant

  before(async function () {
    this.timeout(90_000)
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  for (const query of [
    `${position}&timestamp=${seconds}&speed=3.5`,
    `deviceid=861234&timestamp=${seconds}`,
    `timestamp=${seconds}&id=861234`,
    'lat=37.77',
    'lon=-122.42',
    'latitude=37.77',
    'longitude=-122.42',
    'location=37.77,-122.42',
    'l%61t=37.77',
    'lat',
    'x=1&x=2&lat=',
  ]) {
    it(`GET and HEAD /events?${query} return 400`, async () => {
      for (const path of [`/events?${query}`, `/events/?${query}`]) {
        const answer = await request(tenant.url).get(path)
        expect([answer.status, answer.type]).to.deep.equal([400, 'application/problem+json'])
        expect((answer.body as { detail: string }).detail).to.equal(
          'This request has a reading that was not stored. Send readings by POST, in the body of the request and not in its query; phones and trackers send to /devices/osmand. The documentation is at /docs of this address.',
        )
        const head = await request(tenant.url).head(path)
        expect([head.status, head.text]).to.deep.equal([400, undefined])
      }
    })
  }

  it('GET /events with a reading in the query returns 400 to a browser too', async () => {
    const answer = await request(tenant.url).get(`/events?${position}`).set('accept', 'text/html')
    expect([answer.status, answer.type]).to.deep.equal([400, 'application/problem+json'])
  })

  for (const query of [
    '',
    '?',
    `?timestamp=${seconds}`,
    '?id=861234',
    '?deviceid=861234',
    '?id=1&deviceid=2',
    '?LAT=37.77',
    '?latency=5&along=1',
    '?q=lat%3D37.77',
    '?%E0%A4%A',
  ]) {
    it(`GET /events${query} returns 200 with the counter`, async () => {
      const answer = await request(tenant.url).get(`/events${query}`)
      expect([answer.status, answer.type]).to.deep.equal([200, 'text/plain'])
      expect(answer.text).to.match(counterText)
      expect((await request(tenant.url).head(`/events${query}`)).status).to.equal(200)
    })
  }

  it('no method on any path returns 2xx to a position in the query', async () => {
    for (const path of ['/', '/events', '/events/', '/receipts/1-0-0', '/api/events', '/osmand']) {
      for (const method of ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'] as const) {
        const answer = await request(tenant.url)[method](`${path}?${position}`)
        expect(answer.status, `${method} ${path}`).to.be.within(400, 499)
      }
    }
  })

  it('GET /events returns 400 for a reading in the body', async () => {
    const answer = await request(tenant.url).get('/events').send(readingJson('BODY'))
    expect([answer.status, answer.type]).to.deep.equal([400, 'application/problem+json'])
  })

  it('POST /events returns 400 if its query has a position, also with readings in the body', async () => {
    const answer = await request(tenant.url).post(`/events?${position}`).send(readingJson('BODY'))
    expect([answer.status, answer.type]).to.deep.equal([400, 'application/problem+json'])
  })

  it('POST /events accepts the body if its query has no position', async () => {
    await until('the producer is ready', async () => {
      const answer = await request(tenant.url)
        .post(`/events?deviceid=1&timestamp=${seconds}`)
        .send(readingJson('BODY'))
      return answer.status === 202
    })
  })
})
