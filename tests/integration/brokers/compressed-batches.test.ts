import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import type { ITopicConfig, Message } from 'kafkajs'
import kafkajs from 'kafkajs'
import { createKafka } from '../../../services/adapters/kafka/client.ts'
import type { ConsumedBatch } from '../../../services/adapters/kafka/consumed-batch.ts'
import { RecordConsumer } from '../../../services/adapters/kafka/record-consumer.ts'
import { createLogger } from '../../../services/runtime/logger.ts'
import type { JavaCodec } from '../../support/java-producer.ts'
import { produceWithJava } from '../../support/java-producer.ts'
import { batchFields, SegmentFile } from '../../support/segment-file.ts'
import { sharedServers } from '../../support/servers.ts'
import { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const logger = createLogger('test', 'silent')
/** The numbers of the codecs in the attributes of a batch. */
const codecs: Readonly<Record<JavaCodec, number>> = { none: 0, gzip: 1, snappy: 2, lz4: 3, zstd: 4 }

describe('Compressed batches of a topic that the platform did not create', function () {
  this.timeout(90_000)
  let tenant: Tenant

  beforeEach(async () => {
    tenant = await Tenant.create(await sharedServers(), [], { provision: false })
  })

  afterEach(() => tenant[Symbol.asyncDispose]())

  function kafka() {
    return createKafka(tenant.kafka, 'test', logger)
  }

  async function createTopic(settings: Omit<ITopicConfig, 'topic'> = {}): Promise<void> {
    const admin = kafka().admin()
    await admin.connect()
    const topics = [{ topic: tenant.config.kafka.topic, numPartitions: 1, ...settings }]
    await admin.createTopics({ waitForLeaders: true, topics })
    await admin.disconnect()
  }

  async function produceGzip(messages: Message[]): Promise<void> {
    const producer = kafka().producer({ allowAutoTopicCreation: false })
    await producer.connect()
    const compression = kafkajs.CompressionTypes.GZIP
    await producer.send({ topic: tenant.config.kafka.topic, compression, messages })
    await producer.disconnect()
  }

  /** Reads the topic from its beginning. `done` is called after each batch. */
  async function readUntil(done: (batches: readonly ConsumedBatch[]) => boolean) {
    const { topic } = tenant.config.kafka
    const options = { topic, groupId: randomUUID(), logger, onJoin: () => undefined }
    await using feed = new RecordConsumer(kafka(), options)
    const batches: ConsumedBatch[] = []
    feed.start((batch) => {
      batches.push(batch)
      return Promise.resolve(batch.unreadable ? undefined : batch.endOffset)
    })
    await until('the records are read', () => done(batches))
    return batches
  }

  const valuesOf = (batches: readonly ConsumedBatch[]) =>
    batches.flatMap(({ records }) =>
      records.map(({ value }) => Buffer.from(value ?? []).toString()),
    )

  for (const [codec, number] of Object.entries(codecs) as [JavaCodec, number][]) {
    it(`are read with the right values if Kafka's Java client has written them with ${codec}`, async () => {
      await createTopic()
      const sent = Array.from({ length: 3_000 }, (_, index) =>
        JSON.stringify({
          id: index,
          text: `reading ${index % 7} of a vehicle, ünï ${'x'.repeat(index % 50)}`,
        }),
      )
      await produceWithJava(tenant, codec, sent)
      const file = new SegmentFile(tenant, 0)
      const attributes = file.batches().map(({ at }) => file.byteAt(at + batchFields.codec) & 7)
      expect(new Set(attributes)).to.deep.equal(new Set([number]))
      const batches = await readUntil((read) => valuesOf(read).length >= sent.length)
      expect(valuesOf(batches)).to.deep.equal(sent)
    })
  }

  it('that become too large stop that partition alone, with a reason', async () => {
    await createTopic({ numPartitions: 2 })
    await produceGzip([{ partition: 0, value: 'before' }])
    await produceGzip([{ partition: 0, value: 'x'.repeat(40_000_000) }])
    await produceGzip([{ partition: 0, value: 'after' }])
    await produceGzip([{ partition: 1, value: 'other' }])
    const batches = await readUntil(
      (read) => read.some(({ unreadable }) => unreadable) && valuesOf(read).includes('other'),
    )
    expect(valuesOf(batches).sort()).to.deep.equal(['before', 'other'])
    const reported = batches.find(({ unreadable }) => unreadable)
    expect([reported?.partition, reported?.fetchedOffset]).to.deep.equal([0, 1])
    expect(reported?.unreadable).to.deep.equal({
      reason: 'it cannot be decompressed (gzip): it becomes larger than 33554432 bytes',
      followedAt: 2,
    })
  })

  it('that are damaged stop that partition alone until the file is restored', async () => {
    await createTopic()
    await produceWithJava(tenant, 'zstd', ['first'])
    await produceWithJava(tenant, 'zstd', ['second'])
    const file = new SegmentFile(tenant, 0)
    const at = (file.batches()[1]?.at ?? 0) + 70
    file.flipBit(at, 3)
    const isReported = (read: readonly ConsumedBatch[]) => read.some(({ unreadable }) => unreadable)
    const batches = await readUntil(isReported)
    expect(valuesOf(batches)).to.deep.equal(['first'])
    expect(batches.find(({ unreadable }) => unreadable)?.unreadable?.reason).to.equal(
      'its checksum is wrong',
    )
    file.flipBit(at, 3)
    const restored = await readUntil((read) => valuesOf(read).length === 2)
    expect(valuesOf(restored)).to.deep.equal(['first', 'second'])
  })
})
