import { randomUUID } from 'node:crypto'
import { expect } from 'chai'
import type { Message } from 'kafkajs'
import { RecordConsumer } from '../../../services/adapters/kafka/record-consumer.ts'
import type { DeclaredStream } from '../../support/declared-stream.ts'
import { anItem } from '../../support/declared-stream.ts'
import { ForeignPipeline } from '../../support/foreign-pipeline.ts'
import type { ForeignTopic } from '../../support/foreign-topic.ts'
import { serviceLogger } from '../../support/service-log.ts'
import type { Tenant } from '../../support/tenant.ts'
import { until } from '../../support/until.ts'

const item = (id: string, version = 1, fields: Partial<Message> = {}): Message => ({
  ...{ key: id, value: anItem(id, version) },
  ...fields,
})

describe('A pipeline on a topic that another program has created', function () {
  this.timeout(120_000)
  let tenant: Tenant
  let topic: ForeignTopic
  let pipeline: DeclaredStream

  ForeignPipeline.forEachTest((created) => {
    ;({ tenant, topic, pipeline } = created)
  })

  const logReasons = async () => {
    const rows = await tenant.sql<{ reason: string }>(
      'SELECT reason FROM event_log WHERE topic = $1 ORDER BY id',
      [topic.name],
    )
    return rows.map(({ reason }) => reason)
  }
  const firstLog = 'the first log of this topic'

  /** The offsets of the records that the topic has now. */
  async function offsetsInTopic(end: number): Promise<number[]> {
    const options = { topic: topic.name, groupId: randomUUID(), logger: serviceLogger }
    const handlers = { onJoin: () => undefined, commits: false, allowGaps: true }
    await using feed = new RecordConsumer(topic.kafka, { ...options, ...handlers })
    const offsets: number[] = []
    let settled = 0
    feed.start(({ records, endOffset }) => {
      offsets.push(...records.map(({ offset }) => offset))
      settled = endOffset
      return Promise.resolve(endOffset)
    })
    await until('the topic is read', () => settled === end)
    return offsets
  }

  it('stores records with any times, of transactions too, and goes on after each restart', async () => {
    await topic.create({ 'message.timestamp.type': 'CreateTime' })
    const before = await topic.describe()
    const times = [String(Date.now()), '0', '0', '-1', '1600000000000', '5']
    for (const [index, timestamp] of times.entries()) {
      await topic.send([item(`item-${index}`, 1, { timestamp })])
      await pipeline.startReady()
      await pipeline.untilRows(index + 1)
      await pipeline.stop()
    }
    await topic.sendInTransaction([item('committed')], 'commit')
    await pipeline.startReady()
    await pipeline.untilSettled(times.length + 2)
    await pipeline.stop()
    await topic.send([item('last')])
    await pipeline.startReady()
    await pipeline.untilRows(times.length + 2)
    expect(await pipeline.ledgers()).to.deep.equal([
      { log: 1, partition: 0, start: 0, next: times.length + 3, without: 1 },
    ])
    expect(await logReasons()).to.deep.equal([firstLog])
    expect(await topic.describe()).to.deep.equal(before)
  })

  it('makes a dead letter of a record without a value', async () => {
    await topic.create()
    await topic.send([item('a'), { key: 'a', value: null }])
    await pipeline.startReady()
    await pipeline.untilSettled(2)
    expect(await pipeline.rows()).to.deep.equal(['a 1'])
    const letters = await tenant.sql('SELECT code, record_offset::int AS "offset" FROM dead_letter')
    expect(letters).to.deep.equal([{ code: 'no-value', offset: 1 }])
  })

  it('goes on and loses nothing if its last settled record is compacted away while it is stopped', async () => {
    await topic.create({
      ...{ 'cleanup.policy': 'compact', 'message.timestamp.type': 'CreateTime' },
      ...{ 'min.cleanable.dirty.ratio': '0.01', 'segment.ms': '100' },
      ...{ 'delete.retention.ms': '1', 'max.compaction.lag.ms': '200' },
    })
    const before = await topic.describe()
    const start = Date.now() - 60_000
    /** A record later than a segment lasts, so that it begins a new segment: only closed ones are compacted. */
    const sendAt = async (second: number, ...items: Message[]): Promise<void> => {
      const timestamp = String(start + second * 1000)
      await topic.send(items.map((message) => ({ ...message, timestamp })))
    }
    await sendAt(0, item('a'), item('b'), item('c'))
    await pipeline.startReady()
    await pipeline.untilRows(3)
    await pipeline.stop()
    await sendAt(1, item('c', 2), item('b', 2))
    await sendAt(2, item('d'))
    await sendAt(3, item('e'))
    await until(
      'the records of the offsets 1 and 2 are compacted away',
      async () => (await offsetsInTopic(7)).join() === '0,3,4,5,6',
      90,
    )
    await pipeline.startReady()
    await pipeline.untilRows(5)
    expect(await pipeline.rows()).to.deep.equal(['a 1', 'b 2', 'c 2', 'd 1', 'e 1'])
    expect(await pipeline.ledgers()).to.deep.equal([
      { log: 1, partition: 0, start: 0, next: 7, without: 0 },
    ])
    // A ledger that begins in the compacted topic counts the missing offsets.
    await pipeline.stop()
    await tenant.sql(`DELETE FROM partition_ledger WHERE pipeline = 'items'`)
    await pipeline.startReady()
    await pipeline.untilSettled(7)
    expect(await pipeline.ledgers()).to.deep.equal([
      { log: 1, partition: 0, start: 0, next: 7, without: 2 },
    ])
    expect(pipeline.linesOf('new-log-begun')).to.deep.equal([])
    expect(pipeline.linesOf('partition-unreadable')).to.deep.equal([])
    expect(await logReasons()).to.deep.equal([firstLog])
    expect(await topic.describe()).to.deep.equal(before)
  })

  it('begins a new log if the topic was deleted and created again, also if it is longer than before', async () => {
    await topic.create()
    const before = await topic.describe()
    await topic.send([item('a'), item('b')])
    await pipeline.startReady()
    await pipeline.untilRows(2)
    await pipeline.stop()
    // As in a log from before migration 024: the id of its topic is not known.
    await tenant.sql('UPDATE event_log SET topic_id = NULL')
    await topic.delete()
    await topic.create()
    await topic.send([item('c'), item('d'), item('e'), item('f')])
    await pipeline.startReady({ start: 'latest' })
    await pipeline.untilRows(6)
    const reason = 'partition 0 has another record at offset 1 than the one that its ledger settled'
    expect(pipeline.linesOf('new-log-begun')).to.have.length(1)
    expect(pipeline.linesOf('new-log-begun')[0]).to.include({ level: 'error', reason })
    expect(await logReasons()).to.deep.equal([firstLog, reason])
    expect(await pipeline.ledgers()).to.deep.equal([
      { log: 1, partition: 0, start: 0, next: 2, without: 0 },
      { log: 2, partition: 0, start: 0, next: 4, without: 0 },
    ])
    expect(await topic.describe()).to.deep.equal(before)
  })

  it('begins a new log if the topic is deleted and created again while it reads, with fewer records', async () => {
    await topic.create()
    await topic.send([item('a'), item('b')])
    await pipeline.startReady()
    await pipeline.untilRows(2)
    await topic.delete()
    await topic.create()
    await topic.send([item('c')])
    await pipeline.untilRows(3)
    const reason = 'the topic was created again'
    expect(await logReasons()).to.deep.equal([firstLog, reason])
    expect(pipeline.linesOf('new-log-begun')[0]).to.include({ level: 'error', reason })
  })

  it('begins a new log if the topic is created again and gets more records before the next fetch', async () => {
    await topic.create()
    await topic.send([item('a'), item('b')])
    await pipeline.startReady()
    await pipeline.untilRows(2)
    // While the transaction of the next record waits, nothing is fetched.
    const client = await pipeline.pool.connect()
    await client.query('BEGIN; LOCK TABLE data.items')
    await topic.send([item('c')])
    await until('the transaction waits', async () => {
      const waiting = await tenant.sql(`SELECT FROM pg_locks WHERE NOT granted`)
      return waiting.length > 0
    })
    await topic.delete()
    await topic.create()
    // The second batch begins where the next fetch does.
    await topic.send([item('d'), item('e'), item('f')])
    await topic.send([item('g'), item('h')])
    await client.query('COMMIT')
    client.release()
    await pipeline.untilRows(8)
    expect(await logReasons()).to.deep.equal([firstLog, 'the topic was created again'])
    expect(await pipeline.ledgers()).to.deep.equal([
      { log: 1, partition: 0, start: 0, next: 3, without: 0 },
      { log: 2, partition: 0, start: 0, next: 5, without: 0 },
    ])
    const ids = await tenant.sql('SELECT FROM event_log WHERE topic_id IS NULL AND topic = $1', [
      topic.name,
    ])
    expect(ids).to.deep.equal([])
  })
})
