import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import type { Health } from '../../../services/dashboard/health/health.ts'
import { examples } from '../../../services/dashboard/http/openapi-examples.ts'
import { samplesOf } from '../../support/metrics.ts'
import { manyReadings, postJson, readingJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { StreamClient } from '../../support/stream-client.ts'
import { Tenant, withIngress } from '../../support/tenant.ts'
import { until, untilCount } from '../../support/until.ts'

type HealthJson = ReturnType<Health['withHistory']>

describe('Health, access and files of the dashboard', () => {
  let tenant: Tenant
  const folder = mkdtempSync(join(tmpdir(), 'av-telemetry-dashboard-'))
  const token = 'a-dashboard-token'

  before(async function () {
    this.timeout(90_000)
    writeFileSync(join(folder, 'token'), `${token}\n`)
    writeFileSync(join(folder, 'map.pmtiles'), 'PMTiles0123456789')
    tenant = await Tenant.create(await sharedServers(), [
      ...withIngress,
      `dashboard.tokenFile=${join(folder, 'token')}`,
      `dashboard.pmtilesFile=${join(folder, 'map.pmtiles')}`,
      'dashboard.tilesUrl=https://tiles.example.com/{z}/{x}/{y}.png?key=a-tile-key',
      'dashboard.secureCookie=true',
    ])
    await tenant.startProducer()
    await tenant.startConsumer()
    await tenant.startDashboard()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
    rmSync(folder, { recursive: true })
  })

  const authorization = `Bearer ${token}`
  const get = (path: string, headers: Record<string, string> = { authorization }) =>
    fetch(`${tenant.dashboardUrl}${path}`, { headers })
  const getJson = async (path: string) =>
    (await (await get(path)).json()) as Record<string, unknown>
  const getHealth = async () => (await getJson('/api/health')) as unknown as HealthJson

  it('GET /api/health returns rates, delays, lag and a balanced account', async function () {
    this.timeout(120_000)
    await postJson(tenant, manyReadings(500, 'HEALTH'))
    const health = await until('all readings are stored and shown', async () => {
      const now = await getHealth()
      return (
        now.ledger.total.stored === 500 &&
        (now.rates.received ?? 0) > 0 &&
        (now.rates.stored ?? 0) > 0 &&
        now.lag.every((records) => records === 0) &&
        now.latency.p99 !== null &&
        now
      )
    })
    expect(health.ledger).to.include({ isKnown: true, isBalanced: true })
    expect(health.ledger.total).to.include({ settled: 500, inFlight: 0, imbalance: 0 })
    expect(health.lag).to.deep.equal([0, 0, 0, 0, 0, 0])
    expect(health.latency.receivedToStored.p50).to.be.within(0, 10_000)
    expect(health.latency.p50).to.be.at.least(health.latency.receivedToStored.p50 ?? Infinity)
    expect(health.history.at.length).to.be.greaterThan(0)
    expect(await getJson('/api/ledger')).to.deep.equal(JSON.parse(JSON.stringify(health.ledger)))
  })

  it('GET /api/health groups dead letters by reason, with the text of the newest one', async function () {
    this.timeout(120_000)
    const value = `{"vin":"<script>alert(1)</script>"}`
    await tenant.directChanges.produce([
      { key: 'x', value },
      { key: 'x', value: 'no JSON' },
    ])
    const groups = await until('both reasons are shown', async () => {
      const { deadLetters } = await getHealth()
      return deadLetters?.length === 2 && deadLetters
    })
    const byReason = new Map(groups.map((group) => [group.reason, group]))
    expect(byReason.get('unreadable-record')?.latest?.text).to.equal('no JSON')
    expect(byReason.get('missing-field')?.latest?.text ?? byReason.get('invalid-vin')?.latest?.text)
      .to //
      .equal(value)
  })

  it('GET /api/health returns which services are up', async () => {
    const running = ['producer-0', 'consumer-0', 'postgres-0', 'kafka-0']
    const services = await until('the running services are up', async () => {
      const now = await getHealth()
      const up = now.services.filter((service) => service.up).map(({ name }) => name)
      return running.every((name) => up.includes(name)) && now.services
    })
    // This test starts no ingress.
    expect(services.find(({ name }) => name === 'ingress-0')?.up).to.equal(false)
  })

  /** Adds a device, a pipeline, a task, a file and a worker. @returns a path with their names in place of its parameters */
  async function withExampleRows(): Promise<(path: string) => string> {
    await until('the device is added', async () => {
      const headers = { authorization, 'content-type': 'application/json' }
      const device = { vin: 'DOCUMENTED', name: 'Van 12', aliases: ['73829102'] }
      const body = JSON.stringify(device)
      const url = `${tenant.dashboardUrl}/api/devices`
      return (await fetch(url, { method: 'POST', headers, body })).status === 201
    })
    await tenant.sql(
      `INSERT INTO pipeline (name, file, enabled) VALUES ('DOCUMENTED', '/p.toml', true)`,
    )
    const [task] = await tenant.sql<{ id: number }>(
      `INSERT INTO task (pipeline, unit, method, params) VALUES ('DOCUMENTED', 'api:1', 'a', '{}') RETURNING id`,
    )
    const [worker] = await tenant.sql<{ id: number }>(
      `INSERT INTO worker (name, ip, host, pid) VALUES ('worker-0', '127.0.0.1', 'a', 1) RETURNING id`,
    )
    const [file] = await tenant.sql<{ id: number }>(
      `INSERT INTO file (bucket, key, size, etag, modified_at) VALUES ('etl', 'a', 1, 'e', now()) RETURNING id`,
    )
    return (path) => {
      const ofTask = path.startsWith('/api/files/') ? file?.id : task?.id
      const id = path.startsWith('/worker/') ? worker?.id : ofTask
      return path.replace(/\{(vin|name)\}/, 'DOCUMENTED').replace('{id}', String(id))
    }
  }

  it('returns the field names of the OpenAPI examples on each path', async () => {
    const time = new Date(Date.now() - 5_000).toISOString()
    await postJson(tenant, { ...readingJson('DOCUMENTED', time), heading: 1 })
    await until(
      'the vehicle is known',
      async () => (await get('/api/vehicles/DOCUMENTED')).status === 200,
    )
    await untilCount('the reading is stored', () => tenant.countRows(), 501)
    const pathOf = await withExampleRows()
    const document = (await getJson('/openapi.json')) as { paths: Record<string, object> }
    let compared = 0
    for (const [path, methods] of Object.entries(document.paths)) {
      if (!('get' in methods)) continue
      const { responses } = methods.get as {
        responses: Record<string, { content: Record<string, { example?: object }> }>
      }
      const example = responses['200']?.content['application/json']?.example
      if (example === undefined) continue
      const body = await getJson(pathOf(path))
      compared += 1
      expect(Object.keys(body), path).to.have.members(Object.keys(example))
    }
    // A file that was uploaded and a device with its token are not read with GET.
    expect(compared).to.equal(Object.keys(examples).length - 2)
    const point = ((await getJson('/api/vehicles/DOCUMENTED/track'))['points'] as unknown[][])[0]
    expect(point?.length).to.equal(examples.track.points[0]?.length)
  })

  it('accepts requests with the token or its session cookie, and refuses all others', async () => {
    for (const path of ['/api/vehicles', '/api/health', '/api/stream', '/map.pmtiles']) {
      const refused = await get(path, {})
      expect([refused.status, refused.headers.get('www-authenticate')], path).to.deep.equal([
        401,
        'Bearer',
      ])
      const wrong = await get(path, { authorization: 'Bearer another' })
      expect(wrong.status, path).to.equal(401)
    }
    for (const path of ['/', '/api/settings', '/openapi.json']) {
      expect((await get(path, {})).status, path).to.equal(200)
    }
    const postSession = (candidate: unknown) =>
      fetch(`${tenant.dashboardUrl}/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: candidate }),
      })
    for (const candidate of ['another', '', null, 17, [token]]) {
      const { status, headers } = await postSession(candidate)
      expect([status, headers.get('set-cookie')]).to.deep.equal([401, null])
    }
    const accepted = await postSession(token)
    const cookie = accepted.headers.get('set-cookie') ?? ''
    expect(accepted.status).to.equal(204)
    expect(cookie).to.match(
      /^av-telemetry-dashboard=[\w-]{43}; Path=\/; HttpOnly; Secure; SameSite=Strict$/,
    )
    expect(cookie).to.not.include(token)
    const [pair = ''] = cookie.split(';')
    expect((await get('/api/vehicles', { cookie: `other=1; ${pair}` })).status).to.equal(200)
    expect((await get('/api/vehicles', { cookie: `${pair}x` })).status).to.equal(401)
  })

  it('GET /api/settings returns only what the sign-in needs without the token, and no other open path more', async () => {
    for (const headers of [{}, { authorization: 'Bearer another' }]) {
      const response = await get('/api/settings', headers)
      expect([response.status, await response.json()]).to.deep.equal([200, { needsToken: true }])
    }
    for (const path of ['/', '/openapi.json', '/main.js']) {
      const response = await get(path, {})
      const text = JSON.stringify([...response.headers]) + (await response.text())
      expect(text, path).to.not.include('a-tile-key')
    }
  })

  it('counts and logs requests without a valid token, but not the page before the sign-in', async () => {
    const count = async (why: string) =>
      (await samplesOf(tenant.config.dashboard.opsHostPort)).get(
        `telemetry_requests_without_valid_token_total{why="${why}"}`,
      ) ?? 0
    const before = [await count('missing'), await count('wrong')] as const
    const wrong = { authorization: 'Bearer another' }
    const session = (value: string) =>
      fetch(`${tenant.dashboardUrl}/api/session`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ token: value }),
      })
    await get('/api/settings', {})
    expect([await count('missing'), await count('wrong')]).to.deep.equal([...before])
    await get('/api/vehicles', {})
    await get('/api/vehicles', wrong)
    await get('/api/settings', wrong)
    await get('/map.pmtiles', { cookie: 'av-telemetry-dashboard=x' })
    await session('another')
    await session(token)
    expect([await count('missing'), await count('wrong')]).to.deep.equal([
      before[0] + 1,
      before[1] + 4,
    ])
  })

  it('serves the page with a content security policy that allows only the configured tile server', async () => {
    const response = await get('/', {})
    expect(response.headers.get('content-type')).to.equal('text/html; charset=utf-8')
    const policy = response.headers.get('content-security-policy') ?? ''
    expect(policy).to.include("default-src 'none'; script-src 'self'; style-src 'self'")
    expect(policy).to.include("connect-src 'self' https://tiles.example.com;")
    expect(policy).to.not.include('unsafe')
    const etag = response.headers.get('etag') ?? ''
    expect((await get('/', { 'if-none-match': etag })).status).to.equal(304)
    for (const path of [
      '/../config.ts',
      '/%2e%2e/config.ts',
      '/page/',
      '/main.ts%00',
      '/..%2fapp.ts',
    ]) {
      expect((await get(path)).status, path).to.be.oneOf([400, 404])
    }
  })

  it('serves byte ranges of the map tiles, and the roads as soon as their file exists', async () => {
    const part = await get('/map.pmtiles', { authorization, range: 'bytes=0-6' })
    expect([part.status, await part.text()]).to.deep.equal([206, 'PMTiles'])
    expect(await getJson('/api/settings')).to.deep.include({
      map: {
        tiles: 'https://tiles.example.com/{z}/{x}/{y}.png?key=a-tile-key',
        pmtiles: '/map.pmtiles',
      },
      needsToken: true,
    })
    expect(await getJson('/api/roads')).to.deep.equal({ type: 'FeatureCollection', features: [] })
    mkdirSync(tenant.deployment.folders.data, { recursive: true })
    const roads = join(tenant.deployment.folders.data, 'roads.geojson')
    writeFileSync(roads, '{"type":"FeatureCollection","features":[1]}')
    const response = await get('/api/roads')
    expect(response.headers.get('content-type')).to.equal('application/geo+json')
    expect(await response.json()).to.deep.equal({ type: 'FeatureCollection', features: [1] })
    rmSync(roads)
  })

  it('sends the health on the stream', async () => {
    using stream = await StreamClient.open(tenant.dashboardUrl, { authorization })
    const event = await until('a health event arrives', () => stream.eventsNamed('health')[0])
    expect(Object.keys(event.value as object)).to.deep.equal(
      Object.keys(examples.health).filter((key) => key !== 'history'),
    )
  })
})
