import { IncomingMessage, ServerResponse } from 'node:http'
import { Socket } from 'node:net'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect } from 'chai'
import { MemoryBudget } from '../../../services/adapters/http/limits/memory-budget.ts'
import { ClientRateLimit } from '../../../services/producer/limits/client-rate-limit.ts'
import { RecordCollector } from '../../../services/producer/events/collect-records.ts'
import { LagLimit } from '../../../services/producer/limits/lag-limit.ts'
import type { PostEventsOptions } from '../../../services/producer/events/post-events.ts'
import { postEvents } from '../../../services/producer/events/post-events.ts'
import type { TopicView } from '../../../services/producer/topic-watch.ts'
import { watchLag } from '../../../services/producer/limits/watch-lag.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { anAccess } from '../../support/an-access.ts'
import { aReadingJson, aWindow } from '../../support/builders.ts'
import { FakeClock } from './fake-clock.ts'

const hourMs = 3_600_000

describe('limits of postEvents', () => {
  let clock: FakeClock
  beforeEach(() => {
    clock = new FakeClock()
  })
  afterEach(() => {
    clock.restore()
  })

  function optionsWith(overrides: Partial<PostEventsOptions>): PostEventsOptions {
    const append = (records: readonly unknown[]) =>
      Promise.resolve(records.map((_, offset) => ({ partition: 0, offset })))
    return {
      collector: new RecordCollector({ append }),
      currentLogId: () => 1,
      access: anAccess(),
      retentionMicros: aWindow().retentionMicros,
      formOrigin: { latitude: 0, longitude: 0, altitude: 0 },
      memory: new MemoryBudget(1_000_000, 2_000),
      rateLimit: new ClientRateLimit(0),
      lagLimit: new LagLimit(0),
      onOutcome: () => undefined,
      onThrottled: () => undefined,
      ...overrides,
    }
  }

  /** Posts `count` readings and returns the status of the response. */
  async function post(count: number, options: PostEventsOptions): Promise<number> {
    const timestamp = new Date(Date.now()).toISOString()
    const readings = Array.from({ length: count }, () => aReadingJson({ timestamp }))
    return postText(JSON.stringify(readings), options)
  }

  /** Posts a JSON body and returns the status of the response. */
  async function postText(body: string, options: PostEventsOptions): Promise<number> {
    const request = new IncomingMessage(new Socket())
    request.headers['content-type'] = 'application/json'
    request.push(body)
    request.push(null)
    const response = new ServerResponse(request)
    await postEvents(request, response, options)
    return response.statusCode
  }

  it('apply the rate limit no longer than necessary after the time of day was set back', async () => {
    const options = optionsWith({ rateLimit: new ClientRateLimit(10) })
    expect(await post(20, options)).to.equal(202)
    clock.setBack(hourMs)
    expect(await post(1, options)).to.equal(429)
    clock.advance(1_100)
    expect(await post(1, options)).to.equal(202)
  })

  it('charge a large body to the rate limit by its bytes, whatever it contains', async () => {
    const options = optionsWith({ rateLimit: new ClientRateLimit(10) })
    expect(await postText(' '.repeat(20 * 5_120), options)).to.equal(400)
    clock.advance(900)
    expect(await post(1, options)).to.equal(429)
    clock.advance(1_200)
    expect(await post(1, options)).to.equal(202)
  })

  it('use an outdated lag no longer than 30 seconds after the time of day was set back', async () => {
    const lag = new LagLimit(10)
    const view: TopicView = { logId: 1, ranges: [{ low: 0, high: 11 }], eventsServed: 11, asOf: 0 }
    const stopWatch = new AbortController()
    const admin = { committed: () => Promise.resolve(new Map<number, number>()) }
    const logger = createLogger('test', 'silent')
    const lagWatch = watchLag(
      { admin, groupId: 'a-group', watch: { view }, lagLimit: lag, logger },
      stopWatch.signal,
    )
    await nextTurn()
    stopWatch.abort()
    await lagWatch
    const options = optionsWith({ lagLimit: lag })
    clock.setBack(hourMs)
    expect(await post(1, options)).to.equal(503)
    clock.advance(30_001)
    expect(await post(1, options)).to.equal(202)
  })
})
