import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { expect } from 'chai'
import { MemoryBudget } from '../../../../services/adapters/http/limits/memory-budget.ts'
import type { MessageCounts } from '../../../../services/producer/devices/accept-messages.ts'
import { parseDevicePath } from '../../../../services/producer/devices/device-path.ts'
import type { DeviceOptions } from '../../../../services/producer/devices/handle-device.ts'
import { handleDevice } from '../../../../services/producer/devices/handle-device.ts'
import { RecordCollector } from '../../../../services/producer/events/collect-records.ts'
import { ClientRateLimit } from '../../../../services/producer/limits/client-rate-limit.ts'
import { LagLimit } from '../../../../services/producer/limits/lag-limit.ts'
import type { OutgoingRecord } from '../../../../services/telemetry/store-interfaces.ts'
import { hashOfToken } from '../../../../services/devices/device-token.ts'
import { aDevice, anAccess, aRegistry } from '../../../support/an-access.ts'
import { aWindow } from '../../../support/builders.ts'
import { feature } from './example-requests.ts'

type Sent = {
  readonly method?: string
  readonly headers?: Record<string, string>
  readonly body?: string | Buffer
}

describe('handleDevice', () => {
  let appended: OutgoingRecord[]
  let counted: MessageCounts[]

  beforeEach(() => {
    appended = []
    counted = []
  })

  function optionsWith(overrides: Partial<DeviceOptions> = {}): DeviceOptions {
    const append = (records: readonly OutgoingRecord[]) => {
      appended.push(...records)
      return Promise.resolve(records.map((_, offset) => ({ partition: 0, offset })))
    }
    return {
      collector: new RecordCollector({ append }),
      retentionMicros: aWindow().retentionMicros,
      access: anAccess(),
      memory: new MemoryBudget(20_000_000, 2_000),
      rateLimit: new ClientRateLimit(0),
      lagLimit: new LagLimit(0),
      onMessages: (_, counts) => counted.push(counts),
      onNotAcknowledged: () => undefined,
      onThrottled: () => undefined,
      ...overrides,
    }
  }

  async function send(url: string, sent: Sent, options = optionsWith()) {
    const target = parseDevicePath(url)
    if (target === undefined) throw new Error('no format')
    const { method = 'POST', headers = {}, body } = sent
    const request = new IncomingMessage(new Socket())
    Object.assign(request, { method, url })
    Object.assign(request.headers, headers)
    if (body !== undefined) request.push(body)
    request.push(null)
    request.complete = true
    const response = new ServerResponse(request)
    await handleDevice({ request, response, options, target })
    return response
  }

  const batchAt = (timestamp: string) => JSON.stringify({ locations: [feature({ timestamp })] })
  const batch = () => batchAt(new Date().toISOString())

  it('answers 503 and not 429 above the rate limit', async () => {
    const options = optionsWith({ rateLimit: new ClientRateLimit(1) })
    expect((await send('/devices/overland', { body: batch() }, options)).statusCode).to.equal(200)
    const refused = await send('/devices/overland', { body: batch() }, options)
    expect(refused.statusCode).to.equal(503)
    expect(appended).to.have.length(1)
  })

  it('answers 401 without the token and stores nothing', async () => {
    const options = optionsWith({ access: anAccess({ unknown: 'refuse' }) })
    const refused = await send('/devices/overland', { body: batch() }, options)
    expect(refused.statusCode).to.equal(401)
    expect(appended).to.deep.equal([])
  })

  it('stores the token of a device nowhere, although OwnTracks repeats it in the topic', async () => {
    const token = 'token of VAN-12, which is a long text'
    const device = aDevice({ tokenHash: hashOfToken(token) })
    const registry = aRegistry([device])
    const options = optionsWith({ access: anAccess({ registry: () => registry }) })
    const tst = Math.floor(Date.now() / 1000)
    const location = { _type: 'location', lat: 1, lon: 2, tst, topic: `owntracks/${token}/VAN-12` }
    for (const body of [JSON.stringify(location), JSON.stringify({ ...location, tst: 1 })]) {
      const headers = { 'x-limit-u': token, 'x-limit-d': 'VAN-12' }
      const answer = await send('/devices/owntracks', { headers, body }, options)
      expect(answer.statusCode).to.equal(200)
    }
    expect(appended.map(({ key }) => key)).to.deep.equal(['VAN-12', 'VAN-12'])
    expect(JSON.stringify(appended.map(({ value }) => value.toString()))).to.not.include(token)
  })

  it('keeps a user name of OwnTracks that is not the token, for example the vin', async () => {
    const vin = 'WVWZZZ1JZXW000001'
    const tst = Math.floor(Date.now() / 1000)
    const body = JSON.stringify({
      _type: 'location',
      lat: 1,
      lon: 2,
      tst,
      topic: `owntracks/${vin}/${vin}`,
    })
    const answer = await send('/devices/owntracks', { headers: { 'x-limit-u': vin }, body })
    expect(answer.statusCode).to.equal(200)
    expect(appended.map(({ key }) => key)).to.deep.equal([vin])
    expect(appended[0]?.value.toString()).to.include(`owntracks/${vin}/${vin}`)
  })

  it('answers 503 above the lag limit and without memory', async () => {
    const lagLimit = new LagLimit(1)
    lagLimit.update(2, performance.now())
    const behind = await send('/devices/overland', { body: batch() }, optionsWith({ lagLimit }))
    const memory = new MemoryBudget(100, 2_000)
    const full = await send('/devices/overland', { body: batch() }, optionsWith({ memory }))
    expect([behind.statusCode, full.statusCode]).to.deep.equal([503, 503])
  })

  it('accepts gzip, and answers 413 to a small body that expands above the limit', async () => {
    const headers = { 'content-encoding': 'gzip' }
    const zipped = await send('/devices/overland', { headers, body: gzipSync(batch()) })
    expect(zipped.statusCode).to.equal(200)
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '))
    const refused = await send('/devices/overland', { headers, body: bomb })
    expect(refused.statusCode).to.equal(413)
    expect(appended).to.have.length(1)
  })

  it('appends a refused request with its reason, and at most 64 KiB of it', async () => {
    const answer = await send('/devices/overland', { body: 'x'.repeat(1_000_000) })
    expect(answer.statusCode).to.equal(200)
    const [record] = appended
    expect(record?.value).to.have.length(65_536)
    expect(record?.headers).to.include({ 'refused-code': 'unreadable-request' })
    expect(record?.headers['refused-detail']).to.include('of 1000000 bytes are kept')
    expect(counted).to.deep.equal([
      { accepted: 0, refused: ['unreadable-request'], withoutPosition: 0 },
    ])
  })

  it('appends nothing for a message without a position, and counts it', async () => {
    const answer = await send('/devices/owntracks', { body: '{"_type":"transition"}' })
    expect(answer.statusCode).to.equal(200)
    expect(appended).to.deep.equal([])
    expect(counted).to.deep.equal([{ accepted: 0, refused: [], withoutPosition: 1 }])
  })

  it('answers 413 to more than 1,000 positions', async () => {
    const locations = Array.from({ length: 1_001 }, () => 1)
    const answer = await send('/devices/overland', { body: JSON.stringify({ locations }) })
    expect(answer.statusCode).to.equal(413)
    expect(appended).to.deep.equal([])
  })

  const browser = 'Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0'
  const host = '192.0.2.7:5001'
  const get = (headers: Record<string, string>, options = optionsWith()) => {
    const query = `id=VAN-12&lat=1&lon=2&timestamp=${Math.floor(Date.now() / 1_000)}`
    const sent = { method: 'GET', headers: { host, ...headers } }
    return send(`/devices/osmand?${query}`, sent, options)
  }

  for (const [what, headers] of [
    ['the Referer of another website', { referer: 'http://evil.example/' }],
    ['the Referer of another port', { referer: 'http://192.0.2.7:8080/' }],
    ['a Referer that is no address', { referer: 'evil' }],
    ['the Origin of another website', { origin: 'http://evil.example' }],
    ['Sec-Fetch-Site of another website', { 'sec-fetch-site': 'cross-site' }],
    ['the User-Agent of a browser and no Sec-Fetch-Site', { 'user-agent': browser }],
  ] as const) {
    it(`refuses a GET with ${what} with 403 and stores nothing`, async () => {
      expect((await get(headers)).statusCode).to.equal(403)
      expect(appended).to.deep.equal([])
    })
  }

  for (const [what, headers] of [
    ['the User-Agent of an app', { 'user-agent': 'Dalvik/2.1.0 (Linux; U; Android 14)' }],
    ['no User-Agent', {}],
    ['the Referer of the own address', { referer: `http://${host}/docs/` }],
    ['Sec-Fetch-Site none', { 'sec-fetch-site': 'none', 'user-agent': browser }],
  ] as const) {
    it(`accepts a GET with ${what}`, async () => {
      expect((await get(headers)).statusCode).to.equal(200)
      expect(appended).to.have.length(1)
    })
  }

  it('accepts a GET of a browser with the token, but not from another website', async () => {
    const access = anAccess({ tokensForAllVehicles: ['token'] })
    const options = optionsWith({ access })
    const headers = { 'user-agent': browser, authorization: 'Bearer token' }
    const typed = await get(headers, options)
    const linked = await get({ ...headers, referer: 'http://evil.example/' }, options)
    expect([typed.statusCode, linked.statusCode]).to.deep.equal([200, 403])
  })
})
