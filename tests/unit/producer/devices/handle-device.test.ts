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
import { aWindow } from '../../../support/builders.ts'
import { feature } from './example-requests.ts'

type Posted = { readonly headers?: Record<string, string>; readonly body: string | Buffer }

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
      deviceTokenCheck: { accepts: () => true },
      memory: new MemoryBudget(20_000_000, 2_000),
      rateLimit: new ClientRateLimit(0),
      lagLimit: new LagLimit(0),
      onMessages: (_, counts) => counted.push(counts),
      onNotAcknowledged: () => undefined,
      onThrottled: () => undefined,
      ...overrides,
    }
  }

  async function post(url: string, { headers = {}, body }: Posted, options = optionsWith()) {
    const target = parseDevicePath(url)
    if (target === undefined) throw new Error('no format')
    const request = new IncomingMessage(new Socket())
    Object.assign(request, { method: 'POST', url })
    Object.assign(request.headers, headers)
    request.push(body)
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
    expect((await post('/devices/overland', { body: batch() }, options)).statusCode).to.equal(200)
    const refused = await post('/devices/overland', { body: batch() }, options)
    expect(refused.statusCode).to.equal(503)
    expect(appended).to.have.length(1)
  })

  it('answers 401 without the token and stores nothing', async () => {
    const options = optionsWith({ deviceTokenCheck: { accepts: () => false } })
    const refused = await post('/devices/overland', { body: batch() }, options)
    expect(refused.statusCode).to.equal(401)
    expect(appended).to.deep.equal([])
  })

  it('answers 503 above the lag limit and without memory', async () => {
    const lagLimit = new LagLimit(1)
    lagLimit.update(2, performance.now())
    const behind = await post('/devices/overland', { body: batch() }, optionsWith({ lagLimit }))
    const memory = new MemoryBudget(100, 2_000)
    const full = await post('/devices/overland', { body: batch() }, optionsWith({ memory }))
    expect([behind.statusCode, full.statusCode]).to.deep.equal([503, 503])
  })

  it('accepts gzip, and answers 413 to a small body that expands above the limit', async () => {
    const headers = { 'content-encoding': 'gzip' }
    const zipped = await post('/devices/overland', { headers, body: gzipSync(batch()) })
    expect(zipped.statusCode).to.equal(200)
    const bomb = gzipSync(Buffer.alloc(50_000_000, ' '))
    const refused = await post('/devices/overland', { headers, body: bomb })
    expect(refused.statusCode).to.equal(413)
    expect(appended).to.have.length(1)
  })

  it('appends a refused request with its reason, and at most 64 KiB of it', async () => {
    const answer = await post('/devices/overland', { body: 'x'.repeat(1_000_000) })
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
    const answer = await post('/devices/owntracks', { body: '{"_type":"transition"}' })
    expect(answer.statusCode).to.equal(200)
    expect(appended).to.deep.equal([])
    expect(counted).to.deep.equal([{ accepted: 0, refused: [], withoutPosition: 1 }])
  })

  it('answers 413 to more than 1,000 positions', async () => {
    const locations = Array.from({ length: 1_001 }, () => 1)
    const answer = await post('/devices/overland', { body: JSON.stringify({ locations }) })
    expect(answer.statusCode).to.equal(413)
    expect(appended).to.deep.equal([])
  })
})
