import { expect } from 'chai'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const seconds = Math.floor(Date.now() / 1000) - 60
const iso = new Date(seconds * 1000).toISOString()
const place = { latitude: 52.5, longitude: 13.4 }

type Sent = { readonly path: string; readonly method?: string; readonly body?: object | string }

const query = (vin: string, at: number) =>
  `id=${vin}&timestamp=${at}&lat=52.5&lon=13.4&speed=19.438444924406`
const feature = (vin: string, at: number, speed = 10) => ({
  type: 'Feature',
  geometry: { type: 'Point', coordinates: [13.4, 52.5] },
  properties: { timestamp: new Date(at * 1000).toISOString(), speed, device_id: vin },
})

/** One request of each format. The vin of the vehicle is the name of the format. */
const requests: Readonly<Record<string, Sent>> = {
  'CLIENT-8': { path: `/devices/osmand?${query('CLIENT-8', seconds)}`, method: 'POST' },
  'CLIENT-9': {
    path: '/devices/osmand',
    body: { location: { timestamp: iso, coords: { ...place, speed: 10 } }, device_id: 'CLIENT-9' },
  },
  'CLIENT-10': { path: '/devices/osmand', body: query('CLIENT-10', seconds) },
  OSMAND: {
    path: `/devices/osmand?id=OSMAND&lat=52.5&lon=13.4&timestamp=${seconds}000&speed_mps=10`,
    method: 'GET',
  },
  FORWARDED: {
    path: '/devices/traccar',
    body: {
      position: { fixTime: iso, valid: true, ...place, speed: 19.438444924406, attributes: {} },
      device: { uniqueId: 'FORWARDED' },
    },
  },
  OWNTRACKS: {
    path: '/devices/owntracks?d=OWNTRACKS',
    body: { _type: 'location', lat: 52.5, lon: 13.4, tst: seconds, vel: 36 },
  },
  OVERLAND: { path: '/devices/overland', body: { locations: [feature('OVERLAND', seconds)] } },
}

describe('Phones and trackers', () => {
  let tenant: Tenant

  before(async function () {
    this.timeout(90_000)
    tenant = await Tenant.create(await sharedServers())
    await tenant.startProducer()
    await tenant.startConsumer()
  })

  after(async () => {
    await tenant[Symbol.asyncDispose]()
  })

  async function send({ path, method = 'POST', body }: Sent, origin = tenant.url) {
    const text = typeof body === 'object' ? JSON.stringify(body) : body
    const type = typeof body === 'object' ? 'application/json' : 'application/x-www-form-urlencoded'
    const headers = { 'content-type': type }
    const init = text === undefined ? { method } : { method, headers, body: text }
    const response = await fetch(`${origin}${path}`, init)
    return { status: response.status, text: await response.text() }
  }

  it('each format becomes one row with its speed in metres a second, also if its request is repeated', async () => {
    const answers: Record<string, string> = {}
    for (const [vin, sent] of Object.entries(requests)) {
      for (const attempt of [1, 2]) {
        const { status, text } = await send(sent)
        expect([vin, attempt, status]).to.deep.equal([vin, attempt, 200])
        answers[vin] = text
      }
    }
    expect(answers).to.include({ OVERLAND: '{"result":"ok"}', OWNTRACKS: '[]', OSMAND: '' })
    const vins = Object.keys(requests).sort()
    const rows = await until('each format has a row', async () => {
      const found = await tenant.sql<{ vin: string; speed: number; at: Date }>(
        `select vin, speed, recorded_at as at from diag where vin = any($1) order by vin collate "C"`,
        [vins],
      )
      return found.length >= vins.length ? found : undefined
    })
    const expected = vins.map((vin) => ({ vin, speed: 10, at: new Date(seconds * 1000) }))
    expect(rows).to.deep.equal(expected)
  })

  it('stores null for an unknown speed', async () => {
    const { status } = await send({
      path: `/devices/osmand?id=NO-SPEED&timestamp=${seconds}&lat=1&lon=2`,
    })
    expect(status).to.equal(200)
    const rows = await until('the row exists', async () => {
      const found = await tenant.sql('select speed, altitude from diag where vin = $1', [
        'NO-SPEED',
      ])
      return found.length > 0 ? found : undefined
    })
    expect(rows).to.deep.equal([{ speed: null, altitude: null }])
  })

  it('answers 200 to messages that are refused for good, and makes dead letters of them with their bytes', async () => {
    const batch = [feature('LATER', seconds + 3_600), feature('LATER', seconds)]
    expect(await send({ path: '/devices/overland', body: { locations: batch } })).to.include({
      status: 200,
      text: '{"result":"ok"}',
    })
    expect(await send({ path: '/devices/osmand?id=TIMELESS&lat=1&lon=2' })).to.include({
      status: 200,
    })
    expect(await send({ path: '/devices/owntracks', body: '{"_type":' })).to.include({
      status: 200,
    })
    const letters = await until('three dead letters exist', async () => {
      const found = await tenant.sql<{ code: string; value: Buffer }>(
        `select code, record_value as value from dead_letter order by code`,
      )
      return found.length >= 3 ? found : undefined
    })
    expect(letters.map(({ code }) => code)).to.deep.equal([
      'missing-timestamp',
      'time-too-far-ahead',
      'unreadable-request',
    ])
    expect(letters.map(({ value }) => value.toString())).to.deep.equal([
      'id=TIMELESS&lat=1&lon=2',
      JSON.stringify(batch[0]),
      '{"_type":',
    ])
    await until('the good location of the batch is a row', async () => {
      const rows = await tenant.sql('select 1 from diag where vin = $1', ['LATER'])
      return rows.length === 1
    })
  })

  it('answers 405 to other methods, 404 to other formats and 403 to pages of other websites', async () => {
    expect((await send({ path: '/devices/overland', method: 'GET' })).status).to.equal(405)
    expect((await send({ path: '/devices/garmin' })).status).to.equal(404)
    const foreign = await fetch(`${tenant.url}/devices/osmand?${query('FOREIGN', seconds)}`, {
      headers: { 'sec-fetch-site': 'cross-site' },
    })
    expect(foreign.status).to.equal(403)
  })
})
