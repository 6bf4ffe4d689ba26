import { expect } from 'chai'
import request from 'supertest'
import type { Running } from '../../../services/runtime/lifecycle.ts'
import type { VehicleStateJson } from '../../../services/telemetry/track/latest-state.ts'
import { postJson, readingJson } from '../../support/http-client.ts'
import { sharedServers } from '../../support/servers.ts'
import { StreamClient } from '../../support/stream-client.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const ago = (milliseconds: number) => new Date(Date.now() - milliseconds).toISOString()

describe('Live view of the dashboard', () => {
  let tenant: Tenant
  let dashboard: Running

  before(async function () {
    this.timeout(90_000)
    // Vehicles of these tests stay moving or standing, also on a busy machine.
    const settings = ['dashboard.staleAfterSeconds=120']
    tenant = await Tenant.create(await sharedServers(), settings)
    await tenant.startProducer()
    await tenant.startConsumer()
    dashboard = await tenant.startDashboard()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  const send = (vin: string, time: string, more: object = {}) =>
    postJson(tenant, { ...readingJson(vin, time), ...more })
  async function get(path: string): Promise<{ status: number; body: unknown }> {
    const response = await fetch(`${tenant.dashboardUrl}${path}`)
    return { status: response.status, body: await response.json() }
  }
  const stateOf = async (vin: string) => {
    const { status, body } = await get(`/api/vehicles/${vin}`)
    return status === 200 ? (body as VehicleStateJson) : undefined
  }
  const list = async (query: string) => {
    const { body } = await get(`/api/vehicles${query}`)
    const page = body as { vehicles: VehicleStateJson[]; next: string | null }
    return { vins: page.vehicles.map(({ vin }) => vin), next: page.next }
  }

  it('GET /api/vehicles/{vin} returns the last reading with its receipt', async () => {
    const time = ago(1_000)
    const more = { make: 'Toyota', model: 'RAV4', metadata: { battery: 0.5 }, heading: 90 }
    const { body } = await send('FIRST', time, { ...more, sequence: 7, altitude: 3 })
    const state = await until('the vehicle is known', () => stateOf('FIRST'))
    const { receivedAt, ...rest } = state
    expect(Math.abs(Date.parse(receivedAt) - Date.now())).to.be.lessThan(60_000)
    expect(rest).to.deep.equal({
      vin: 'FIRST',
      recordedAt: time.replace('Z', '000Z'),
      ...{ latitude: 37.7749, longitude: -122.4194, speed: 12.25, heading: 90, altitude: 3 },
      ...{ sequence: 7, make: 'Toyota', model: 'RAV4', metadata: { battery: 0.5 } },
      receipt: (body['receipts'] as string[])[0],
      gaps: 0,
    })
  })

  it('keeps the latest reading after a late or repeated reading, and a late reading closes its gap', async () => {
    const [early, late, last] = [ago(9_000), ago(8_000), ago(7_000)]
    await send('LATE', early, { sequence: 1, speed: 1 })
    await send('LATE', last, { sequence: 3, speed: 3 })
    const gapped = await until('the last reading is applied', async () => {
      const state = await stateOf('LATE')
      return state?.sequence === 3 && state
    })
    expect(gapped.gaps).to.equal(1)
    await send('LATE', late, { sequence: 2, speed: 2 })
    await send('LATE', early, { sequence: 1, speed: 1 })
    const filled = await until('the gap is filled', async () => {
      const state = await stateOf('LATE')
      return state?.gaps === 0 && state
    })
    expect(filled).to.deep.equal({ ...gapped, gaps: 0 })
  })

  it('returns 404 for an unknown vehicle, and 405 for another method', async () => {
    const { status, body } = await get('/api/vehicles/UNKNOWN')
    expect([status, (body as { title: string }).title]).to.deep.equal([404, 'Unknown vehicle'])
    const response = await fetch(`${tenant.dashboardUrl}/api/vehicles`, { method: 'DELETE' })
    expect([response.status, response.headers.get('allow')]).to.deep.equal([405, 'GET'])
  })

  it('returns 421 for requests with the host name of a website', async () => {
    for (const path of ['/', '/api/vehicles', '/api/stream', '/api/settings']) {
      const pending = request(tenant.dashboardUrl).get(path).set('host', 'rebound.example.com:5002')
      const { status, type } = await pending
      expect([status, type], path).to.deep.equal([421, 'application/problem+json'])
    }
  })

  it('GET /api/vehicles filters by text and activity, sorts by vin and returns pages', async () => {
    await send('LIST-1', ago(1_000), { make: 'Zündapp', speed: 0 })
    await send('LIST-2', ago(1_000), { model: 'zündapp 2', speed: 9 })
    await send('list-3', ago(130_000))
    await send('LIST-4', ago(600_000))
    await until(
      'all four vehicles are known',
      async () => (await list('?search=list')).vins.length === 4,
    )
    expect(await list('?search=ZÜNDAPP')).to.deep.equal({
      vins: ['LIST-1', 'LIST-2'],
      next: null,
    })
    const first = await list('?search=list&limit=3')
    expect(first.vins).to.deep.equal(['LIST-1', 'LIST-2', 'LIST-4'])
    const rest = await list(`?search=list&limit=3&cursor=${first.next ?? ''}`)
    expect(rest).to.deep.equal({ vins: ['list-3'], next: null })
    const inState = async (state: string) => (await list(`?search=list&state=${state}`)).vins
    expect(await inState('standing')).to.deep.equal(['LIST-1'])
    expect(await inState('moving')).to.deep.equal(['LIST-2'])
    expect(await inState('stale')).to.deep.equal(['list-3'])
    expect(await inState('silent')).to.deep.equal(['LIST-4'])
  })

  for (const [query, detail] of [
    ['limit=0', 'limit must be a number from 1 to 1000.'],
    ['limit=1.5', 'limit must be a whole number from 1 to 1000.'],
    ['state=flying', 'state must be one of moving, standing, stale, silent.'],
    ['cursor=%F0', 'cursor must be the `next` of an earlier response.'],
    ['page=2', 'Unknown parameter "page". Known parameters: search, state, limit, cursor.'],
    ['limit=1&limit=2', 'limit must be given only once.'],
  ]) {
    it(`returns 400 with the reason for GET /api/vehicles?${query ?? ''}`, async () => {
      const { status, body } = await get(`/api/vehicles?${query ?? ''}`)
      expect([status, (body as { detail: string }).detail]).to.deep.equal([400, detail])
    })
  }

  it('returns markup and line breaks in texts unchanged, in JSON and on the stream', async () => {
    const make = '<img src=x onerror=alert(1)>'
    const metadata = { '</script><script>': '\u2028"\\', '\n\nevent: live': '\n\ndata: {}' }
    using stream = await StreamClient.open(tenant.dashboardUrl)
    await send('HOSTILE', ago(500), { make, metadata })
    const state = await until('the vehicle is on the stream', () => stream.vehicles.get('HOSTILE'))
    expect([state.make, state.metadata]).to.deep.equal([make, metadata])
    expect(stream.eventsNamed('live').length).to.equal(1)
    const response = await fetch(`${tenant.dashboardUrl}/api/vehicles/HOSTILE`)
    expect(response.headers.get('x-content-type-options')).to.equal('nosniff')
    expect(response.headers.get('content-type')).to.equal('application/json')
  })

  it('starts a stream with all vehicles, then sends only updates', async () => {
    using stream = await StreamClient.open(tenant.dashboardUrl)
    await until('the stream is live', () => stream.isLive)
    const { vins } = await list('?limit=1000')
    expect([...stream.vehicles.keys()].sort()).to.deep.equal(vins)
    const eventsBefore = stream.events.length
    for (const speed of [1, 2, 3]) await send('STREAM', ago(10 - speed), { speed })
    await until('the last state is on the stream', () => stream.vehicles.get('STREAM')?.speed === 3)
    const newEvents = stream.events.slice(eventsBefore).filter(({ name }) => name !== 'health')
    expect(new Set(newEvents.map(({ name }) => name))).to.deep.equal(new Set(['update']))
  })

  it('restores all vehicles from the table after a restart, and applies new readings', async function () {
    this.timeout(120_000)
    const metadata = { far: 1e308, near: [0.5, {}, 'ü'] }
    await send('FAR', ago(1_000), { sequence: 5, metadata })
    await until('all readings are stored', async () => (await tenant.countRows()) >= 13)
    const farBefore = await until('the vehicle is known', () => stateOf('FAR'))
    const before = await list('?limit=1000')
    await tenant.stop(dashboard)
    await send('WHILE-AWAY', ago(100))
    dashboard = await tenant.startDashboard()
    await until('all vehicles are known again', async () => {
      const { vins } = await list('?limit=1000')
      return vins.length === before.vins.length + 1
    })
    expect((await stateOf('LATE'))?.sequence).to.equal(3)
    expect(await stateOf('FAR')).to.deep.equal({ ...farBefore, receipt: null })
    const response = await fetch(`${tenant.dashboardUrl}/api/vehicles/FAR`)
    expect(await response.text()).to.include(JSON.stringify(metadata))
    await send('LATE', ago(1_000), { sequence: 4 })
    await until('a new reading is applied', async () => (await stateOf('LATE'))?.sequence === 4)
    expect((await stateOf('LATE'))?.gaps).to.equal(0)
  })
})
