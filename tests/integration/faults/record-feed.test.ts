import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import type { BatchHandler } from '../../../services/adapters/kafka/consumed-batch.ts'
import { RecordFeed } from '../../../services/adapters/kafka/record-feed.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const logger = createLogger('test', 'silent')
/** Milliseconds after which feeds are disposed: while they connect, join, read, break, join again. */
const moments = Array.from({ length: 40 }, (_, index) => index * 20)
/** Milliseconds in which kafkajs starts a client again, if it does. */
const restartWithin = 3_000

/** kafkajs tries no batch again whose handler throws this: the client breaks at once. */
const noGood = new TypeError('no good')

describe('RecordFeed', function () {
  this.timeout(60_000)
  let tenant: Tenant

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    await tenant.directChanges.produce([{ value: 'a record' }])
  })

  after(() => tenant[Symbol.asyncDispose]())

  function kafka() {
    const { topic, hostPort } = tenant.config.kafka
    return createKafka({ brokers: [`127.0.0.1:${hostPort}`], topic }, 'test', logger)
  }

  function feedOf(groupId: string): RecordFeed {
    const { topic } = tenant.config.kafka
    return new RecordFeed(kafka(), { topic, groupId, logger, onJoin: () => undefined })
  }

  it('goes on with a new client after each that broke', async () => {
    await using feed = feedOf(randomUUID())
    let tries = 0
    const settled = new Set<number>()
    feed.start((batch) => {
      tries += 1
      if (tries < 4) throw noGood
      settled.add(batch.endOffset)
      return Promise.resolve(batch.endOffset)
    })
    await until('the record is settled', () => settled.size > 0)
    expect(tries).to.equal(4)
  })

  const handlers: Record<string, BatchHandler> = {
    'that work': ({ endOffset }) => Promise.resolve(endOffset),
    'that break': () => Promise.reject(noGood),
  }
  for (const [which, handler] of Object.entries(handlers)) {
    it(`leaves no member behind when feeds ${which} are disposed at any moment`, async () => {
      const groups = moments.map(() => randomUUID())
      await Promise.all(
        moments.map(async (moment, index) => {
          const feed = feedOf(groups[index] ?? '')
          feed.start(handler)
          await sleep(moment)
          await feed[Symbol.asyncDispose]()
        }),
      )
      await sleep(restartWithin)
      expect(await membersOf(groups)).to.deep.equal([])
    })
  }

  async function membersOf(groups: readonly string[]): Promise<string[]> {
    const admin = kafka().admin()
    await admin.connect()
    const described = await admin.describeGroups([...groups])
    await admin.disconnect()
    return described.groups.flatMap(({ members }) => members.map(({ memberId }) => memberId))
  }
})
