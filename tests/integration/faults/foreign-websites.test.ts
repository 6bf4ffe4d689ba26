import { request as httpRequest } from 'node:http'
import { text } from 'node:stream/consumers'
import { expect } from 'chai'
import { readingJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant, withIngress } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

type Asked = {
  readonly method?: string
  readonly path?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

/** The status and the title of the response. Unlike `fetch`, sends any header. */
async function ask(port: number, { method = 'GET', path = '/events', headers = {}, body }: Asked) {
  return new Promise<{ status: number; title: unknown }>((resolve, reject) => {
    const asked = httpRequest({ host: '127.0.0.1', port, method, path, headers, agent: false })
    asked.on('error', reject)
    asked.on('response', (response) => {
      text(response).then((received) => {
        const isProblem = response.headers['content-type'] === 'application/problem+json'
        const { title } = (isProblem ? JSON.parse(received) : {}) as { title?: unknown }
        resolve({ status: response.statusCode ?? 0, title })
      }, reject)
    })
    asked.end(body)
  })
}

describe('requests of foreign websites', function () {
  this.timeout(90_000)
  let tenant: Tenant

  before(async () => {
    const settings = [...withIngress, 'ingress.hostNames=fleet.example.org']
    tenant = await Tenant.create(await sharedServers(), settings)
    await Promise.all([tenant.startProducer(), tenant.startIngress(), tenant.startDashboard()])
    await until('the ingress forwards', async () => (await fetch(`${tenant.ingressUrl}/events`)).ok)
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  const ingress = () => tenant.config.ingress.hostPort
  const json = { 'content-type': 'application/json' }
  const post = (headers: Record<string, string>, body = JSON.stringify(readingJson('SITE'))) =>
    ask(ingress(), { method: 'POST', headers: { ...json, ...headers }, body })
  const foreign = { status: 403, title: 'Request from another website' }
  const wrongHost = { status: 421, title: 'Host name not allowed' }

  for (const headers of [
    { origin: 'http://evil.example' },
    { origin: 'null' },
    { origin: 'http://localhost:9999', host: 'localhost:5001' },
    { 'sec-fetch-site': 'cross-site' },
    { 'sec-fetch-site': 'same-site' },
  ]) {
    it(`POST /events with ${JSON.stringify(headers)} is refused with 403`, async () => {
      expect(await post(headers)).to.deep.equal(foreign)
    })
  }

  it('a form of a foreign website is refused with 403', async () => {
    const headers = {
      'content-type': 'application/x-www-form-urlencoded',
      origin: 'https://evil.example',
    }
    expect(await post(headers, 'vin=FORM&speed=1')).to.deep.equal(foreign)
  })

  for (const headers of [
    {},
    { origin: 'http://localhost:5001', host: 'localhost:5001' },
    { 'sec-fetch-site': 'same-origin', origin: 'https://fleet.example.org' },
    { 'sec-fetch-site': 'none' },
    { host: 'fleet.example.org' },
    { host: '[::1]:5001' },
  ]) {
    it(`POST /events with ${JSON.stringify(headers)} is accepted`, async () => {
      expect((await post(headers)).status).to.equal(202)
    })
  }

  it('any method is refused for another host name where the ingress listens on loopback', async () => {
    const headers = { host: 'rebound.example.com:5001' }
    expect(await post({ ...headers, 'sec-fetch-site': 'same-origin' })).to.deep.equal(wrongHost)
    for (const path of ['/events', '/docs', '/openapi.json', '/receipts/1-0-0']) {
      expect(await ask(ingress(), { path, headers }), path).to.deep.equal(wrongHost)
    }
  })

  it('ports of health and metrics accept only the names of this machine', async () => {
    const { producer, dashboard } = tenant.config
    for (const port of [producer.opsHostPort, dashboard.opsHostPort]) {
      const path = '/metrics'
      const rebound = await ask(port, { path, headers: { host: 'rebound.example.com' } })
      expect(rebound).to.deep.equal(wrongHost)
      expect((await ask(port, { path })).status).to.equal(200)
    }
  })

  it('POST /api/session of the dashboard is refused for a foreign origin', async () => {
    const headers = { ...json, origin: 'http://evil.example' }
    const asked = { method: 'POST', path: '/api/session', body: '{}' }
    const port = tenant.config.dashboard.hostPort
    expect(await ask(port, { ...asked, headers })).to.deep.equal(foreign)
    expect((await ask(port, { ...asked, headers: json })).status).to.equal(204)
  })
})
