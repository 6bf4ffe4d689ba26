import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import type { BatchHandler } from '../../../services/adapters/kafka/consumed-batch.ts'
import { RecordConsumer } from '../../../services/adapters/kafka/record-consumer.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import { sleep } from '../../../services/runtime/retry.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const logger = createLogger('test', 'silent')
/** Delays before feeds are disposed: while they connect, join, read, fail or join again. */
const disposeDelaysMs = Array.from({ length: 40 }, (_, index) => index * 20)
/** If kafkajs restarts a client, it does so within this time. */
const restartTimeMs = 3_000

/**
 * kafkajs does not retry a batch whose handler throws a TypeError: the client fails immediately.
 */
const fatalError = new TypeError('fatal')

describe('RecordConsumer', function () {
  this.timeout(60_000)
  let tenant: Tenant

  before(async () => {
    tenant = await Tenant.create(await sharedServers())
    await tenant.directChanges.produce([{ value: 'a record' }])
  })

  after(() => tenant[Symbol.asyncDispose]())

  function kafka() {
    return createKafka(tenant.kafka, 'test', logger)
  }

  function feedOf(groupId: string): RecordConsumer {
    const { topic } = tenant.config.kafka
    return new RecordConsumer(kafka(), { topic, groupId, logger, onJoin: () => undefined })
  }

  it('continues with a new client after each failed one', async () => {
    await using feed = feedOf(randomUUID())
    let attempts = 0
    const settled = new Set<number>()
    feed.start((batch) => {
      attempts += 1
      if (attempts < 4) throw fatalError
      settled.add(batch.endOffset)
      return Promise.resolve(batch.endOffset)
    })
    await until('the record is settled', () => settled.size > 0)
    expect(attempts).to.equal(4)
  })

  const handlers: Record<string, BatchHandler> = {
    'that work': ({ endOffset }) => Promise.resolve(endOffset),
    'that fail': () => Promise.reject(fatalError),
  }
  for (const [kind, handler] of Object.entries(handlers)) {
    it(`leaves no group member when feeds ${kind} are disposed at any moment`, async () => {
      const groups = disposeDelaysMs.map(() => randomUUID())
      await Promise.all(
        disposeDelaysMs.map(async (delayMs, index) => {
          const feed = feedOf(groups[index] ?? '')
          feed.start(handler)
          await sleep(delayMs)
          await feed[Symbol.asyncDispose]()
        }),
      )
      await sleep(restartTimeMs)
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
