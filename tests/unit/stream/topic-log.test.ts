import { expect } from 'chai'
import type { TopicLog } from '../../../services/adapters/postgres/ledger/ledger-store.ts'
import { topicStateOf } from '../../../services/stream/position/topic-log.ts'

describe('the state of a topic at an existing Kafka', () => {
  let topicId: string | undefined
  let log: TopicLog | undefined
  let reads: number
  let isDatabaseDown: boolean
  beforeEach(() => {
    topicId = 'topic-1'
    log = { id: 7, clusterId: 'cluster-a', topicId: 'topic-1' }
    reads = 0
    isDatabaseDown = false
  })

  const ranges = [{ low: 0, high: 3 }]
  const create = (isExternal: true | undefined) =>
    topicStateOf({
      topic: 'readings',
      isExternal,
      admin: {
        topicId: () => Promise.resolve(topicId),
        state: () => Promise.resolve({ clusterId: 'cluster-a', ranges, logTag: 99 }),
      },
      ledgers: {
        currentLog: () => {
          reads += 1
          return isDatabaseDown ? Promise.reject(new Error('down')) : Promise.resolve(log)
        },
      },
    })

  it('has the log id of the database, and not the setting of the topic', async () => {
    expect(await create(true).state()).to.deep.equal({ clusterId: 'cluster-a', ranges, logTag: 7 })
  })

  it('asks the database once, so that a later outage of the database does not matter', async () => {
    const topic = create(true)
    await topic.state()
    isDatabaseDown = true
    expect((await topic.state()).logTag).to.equal(7)
    expect(reads).to.equal(1)
  })

  it('has no log id until the log of a topic that was created again is in the database', async () => {
    const topic = create(true)
    await topic.state()
    topicId = 'topic-2'
    expect((await topic.state()).logTag).to.equal(undefined)
    log = { id: 8, clusterId: 'cluster-a', topicId: 'topic-2' }
    expect((await topic.state()).logTag).to.equal(8)
  })

  it('has no log id if the log is of another cluster, or if Kafka gives the topic no id', async () => {
    log = { id: 7, clusterId: 'cluster-b', topicId: 'topic-1' }
    expect((await create(true).state()).logTag).to.equal(undefined)
    log = { id: 7, clusterId: 'cluster-a', topicId: undefined }
    topicId = undefined
    expect((await create(true).state()).logTag).to.equal(undefined)
  })

  it('has the setting of the topic at our own Kafka', async () => {
    expect((await create(undefined).state()).logTag).to.equal(99)
    expect(reads).to.equal(0)
  })
})
