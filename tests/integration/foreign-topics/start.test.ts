import { expect } from 'chai'
import { TopicAdmin } from '../../../services/adapters/kafka/topic-admin.ts'
import { PostgresLedgerStore } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { foreignLogIdentity } from '../../../services/ledger/log-identity.ts'
import { LedgerBeginner } from '../../../services/stream/position/begin-ledgers.ts'
import { LogFinder } from '../../../services/stream/position/find-log.ts'
import type { DeclaredStream } from '../../support/declared-stream.ts'
import { anItem } from '../../support/declared-stream.ts'
import { ForeignPipeline } from '../../support/foreign-pipeline.ts'
import type { ForeignTopic } from '../../support/foreign-topic.ts'
import { until } from '../../support/until.ts'

const partitions = 2

describe('The start of a pipeline', function () {
  this.timeout(90_000)
  let topic: ForeignTopic
  let pipeline: DeclaredStream

  ForeignPipeline.forEachTest((created) => {
    ;({ topic, pipeline } = created)
  })

  const create = () => topic.create({}, { numPartitions: partitions })
  /** Sends `count` items to each of the partitions. */
  const send = (prefix: string, count: number, to: readonly number[] = [0, 1]) =>
    topic.send(
      to.flatMap((partition) =>
        Array.from({ length: count }, (_, index) => ({
          ...{ partition, value: anItem(`${prefix}-${partition}-${index}`) },
        })),
      ),
    )
  const starts = async () =>
    (await pipeline.ledgers()).map(({ partition, start }) => [partition, start])

  it('earliest is the first record of each partition', async () => {
    await create()
    await send('before', 5)
    await pipeline.startReady({ start: 'earliest' })
    await pipeline.untilRows(10)
    expect(await starts()).to.deep.equal([
      [0, 0],
      [1, 0],
    ])
  })

  it('latest is the end of each partition; a restart goes on from the ledgers', async () => {
    await create()
    await send('before', 5)
    await pipeline.startReady({ start: 'latest' })
    expect(await starts()).to.deep.equal([
      [0, 5],
      [1, 5],
    ])
    await send('after', 2)
    await pipeline.untilRows(4)
    await pipeline.stop()
    await send('stopped', 3)
    await pipeline.startReady({ start: 'latest' })
    await pipeline.untilRows(10)
    expect((await pipeline.rows()).filter((row) => row.startsWith('before'))).to.deep.equal([])
    expect(pipeline.linesOf('ledgers-begun')).to.have.length(1)
  })

  it('latest stores the records that are sent between the begin of the ledgers and the join', async () => {
    await create()
    await send('before', 5)
    await beginLedgersOnly()
    await send('between', 3)
    await pipeline.startReady({ start: 'latest' })
    await send('after', 1)
    await pipeline.untilRows(8)
    expect((await pipeline.rows()).filter((row) => row.startsWith('before'))).to.deep.equal([])
  })

  /** Begins the ledgers as a stream does, but does not join the group. */
  async function beginLedgersOnly(): Promise<void> {
    const { name, kafka } = topic
    const { signal } = new AbortController()
    await using admin = new TopicAdmin(kafka, name)
    const ledgers = new PostgresLedgerStore(pipeline.pool, 'items')
    const options = { topic: name, admin, ledgers, logger: pipeline.log.logger }
    const logs = new LogFinder({ ...options, identity: foreignLogIdentity, signal })
    const group = { groupId: 'av-telemetry:items', start: 'latest' } as const
    await using beginner = new LedgerBeginner({ ...options, ...group, logs, stop: signal })
    await new Promise<void>((resolve) => {
      beginner.start(resolve)
    })
  }

  it('latest begins the ledgers once if two instances start at the same time', async () => {
    await create()
    await send('before', 5)
    const instances = await Promise.all([
      pipeline.start({ start: 'latest' }),
      pipeline.start({ start: 'latest' }),
    ])
    await until('both instances are ready', () =>
      instances.every((stream) => stream.whyNotReady() === undefined),
    )
    await send('after', 4)
    await pipeline.untilRows(8)
    expect(pipeline.linesOf('ledgers-begun')).to.have.length(1)
    expect(pipeline.linesOf('log-begun')).to.have.length(1)
    expect(await starts()).to.deep.equal([
      [0, 5],
      [1, 5],
    ])
  })

  it('leaves the group at the stop although a fetch still waits for records', async () => {
    await create()
    const groupId = `idle-${Date.now()}`
    const membersOf = () =>
      topic.withAdmin(async (admin) => {
        const { groups } = await admin.describeGroups([groupId])
        return groups[0]?.members.length
      })
    const fetch = { minBytes: 1, maxWaitMs: 60_000 }
    await pipeline.startReady({ start: 'earliest', groupId, fetch })
    expect(await membersOf()).to.equal(1)
    await pipeline.stop()
    expect(await membersOf()).to.equal(0)
  })

  it('committed takes over the offsets of the group of another application', async () => {
    await create()
    await send('before', 6)
    const groupId = `classifieds-application-${Date.now()}`
    const commit = { groupId, topic: topic.name, partitions: [{ partition: 0, offset: '4' }] }
    await topic.withAdmin((admin) => admin.setOffsets(commit))
    await pipeline.startReady({ start: 'committed', groupId })
    // Partition 1 has no commit, so it begins at its first record.
    await pipeline.untilRows(2 + 6)
    expect(await starts()).to.deep.equal([
      [0, 4],
      [1, 0],
    ])
    expect((await pipeline.rows()).filter((row) => row.startsWith('before-0'))).to.deep.equal([
      'before-0-4 1',
      'before-0-5 1',
    ])
    expect(pipeline.linesOf('ledger-behind-group')).to.deep.equal([])
    await pipeline.stop()
    await send('after', 1)
    await pipeline.startReady({ start: 'committed', groupId })
    await pipeline.untilRows(10)
  })

  it('waits for a topic that does not exist, says so, and reads it when it appears', async () => {
    const stream = await pipeline.start({ start: 'latest' })
    const reason = `the topic ${topic.name} does not exist in Kafka yet`
    await until('the stream names the missing topic', () => stream.whyNotReady() === reason)
    await create()
    await until('the stream is ready', () => stream.whyNotReady() === undefined)
    await send('after', 2)
    await pipeline.untilRows(4)
  })

  it('latest is not for partitions that are added later: they begin at their first record', async () => {
    await create()
    await send('before', 5)
    await pipeline.startReady({ start: 'latest' })
    await pipeline.stop()
    await topic.withAdmin((admin) =>
      admin.createPartitions({ topicPartitions: [{ topic: topic.name, count: 3 }] }),
    )
    await send('added', 4, [2])
    await pipeline.startReady({ start: 'latest' })
    await pipeline.untilRows(4)
    expect(await starts()).to.deep.equal([
      [0, 5],
      [1, 5],
      [2, 0],
    ])
  })
})
