import { expect } from 'chai'
import {
  foreignLogIdentity,
  newLogReason,
  untaggedLogIdentity,
} from '../../../services/ledger/log-identity.ts'

const known = {
  id: 3,
  clusterId: 'cluster-a',
  positions: new Map([
    [0, { nextOffset: 10, lastRecord: { offset: 9, appendedAt: 1009 } }],
    [1, { nextOffset: 0, lastRecord: undefined }],
  ]),
}
const topic = {
  clusterId: 'cluster-a',
  logTag: 3,
  ranges: [
    { low: 0, high: 10 },
    { low: 0, high: 5 },
  ],
}

describe('newLogReason', () => {
  it('returns undefined for the log that the database knows', () => {
    expect(newLogReason(known, topic)).to.equal(undefined)
  })

  it('returns undefined if the topic has new partitions or has lost records that were not read', () => {
    const grown = [
      { low: 10, high: 12 },
      { low: 4, high: 5 },
      { low: 0, high: 0 },
    ]
    expect(newLogReason(known, { ...topic, ranges: grown })).to.equal(undefined)
  })

  it('returns a reason if the database knows no log', () => {
    expect(newLogReason(undefined, topic)).to.equal('the first log of this database')
  })

  it('returns a reason for another Kafka cluster', () => {
    const other = { ...topic, clusterId: 'cluster-b' }
    expect(newLogReason(known, other)).to.equal('the Kafka cluster has changed')
  })

  it('returns a reason if the topic has another tag or none', () => {
    for (const logTag of [2, 4, undefined]) {
      expect(newLogReason(known, { ...topic, logTag })).to.equal('the topic was created again')
    }
  })

  it('returns a reason if a ledger is ahead of its partition', () => {
    const ranges = [
      { low: 0, high: 9 },
      { low: 0, high: 5 },
    ]
    const reason = newLogReason(known, { ...topic, ranges })
    expect(reason).to.equal('partition 0 ends at offset 9, but its ledger is at 10')
  })

  it('returns a reason if a partition with a ledger no longer exists', () => {
    const positions = new Map([[2, { nextOffset: 1, lastRecord: undefined }]])
    const reason = newLogReason({ ...known, positions }, topic)
    expect(reason).to.equal('partition 2 ends at offset 0, but its ledger is at 1')
  })

  describe('if a partition was fetched', () => {
    const reasonAfterFetch = (from: number, appendedAt: number) => {
      const fetched = new Map([[0, { from, to: 12, records: [{ offset: 9, appendedAt }] }]])
      return newLogReason(known, { ...topic, ranges: [{ low: 0, high: 12 }], fetched })
    }

    it('returns a reason if there is another record at the offset of the last settled record', () => {
      const reason =
        'partition 0 has another record at offset 9 than the one that its ledger settled'
      expect(reasonAfterFetch(9, 2009)).to.equal(reason)
      expect(reasonAfterFetch(0, 2009)).to.equal(reason)
    })

    it('returns undefined if the last settled record is the same or was not fetched', () => {
      expect(reasonAfterFetch(9, 1009)).to.equal(undefined)
      expect(reasonAfterFetch(10, 2009)).to.equal(undefined)
    })
  })
})

describe('foreignLogIdentity', () => {
  const foreignReason = (...[log, observed]: Parameters<typeof newLogReason>) =>
    foreignLogIdentity.newLogReason(log, observed)
  const untagged = { ...topic, logTag: undefined }
  const reasonAfterFetch = (records: readonly { offset: number; appendedAt: number }[]) => {
    const fetched = new Map([[0, { from: 9, to: 12, records }]])
    return foreignReason(known, { ...untagged, ranges: [{ low: 0, high: 12 }], fetched })
  }

  it('needs no tag: the log is the known one, whatever the setting of the topic is', () => {
    for (const logTag of [undefined, 3, 4])
      expect(foreignReason(known, { ...topic, logTag })).to.equal(undefined)
  })

  it('returns a reason for the first log, another cluster, and an end before the ledger', () => {
    expect(foreignReason(undefined, untagged)).to.equal('the first log of this topic')
    const other = { ...untagged, clusterId: 'cluster-b' }
    expect(foreignReason(known, other)).to.equal('the Kafka cluster has changed')
    const short = { ...untagged, ranges: [{ low: 0, high: 9 }, untagged.ranges[1]!] }
    expect(foreignReason(known, short)).to.equal(
      'partition 0 ends at offset 9, but its ledger is at 10',
    )
  })

  it('returns a reason if Kafka gave the topic another id, unless one of the ids is not known', () => {
    const reasonOf = (logTopic: string | undefined, topicId: string | undefined) =>
      foreignReason({ ...known, topicId: logTopic }, { ...untagged, topicId })
    expect(reasonOf('id-a', 'id-b')).to.equal('the topic was created again')
    for (const [logTopic, topicId] of [
      ['id-a', 'id-a'],
      [undefined, 'id-a'],
      ['id-a', undefined],
    ])
      expect(reasonOf(logTopic, topicId)).to.equal(undefined)
  })

  it('returns a reason if a record with another time is at the offset of the last settled record', () => {
    expect(reasonAfterFetch([{ offset: 9, appendedAt: 2009 }])).to.equal(
      'partition 0 has another record at offset 9 than the one that its ledger settled',
    )
    expect(reasonAfterFetch([{ offset: 9, appendedAt: 1009 }])).to.equal(undefined)
  })

  it('returns undefined if the last settled record was compacted away', () => {
    expect(reasonAfterFetch([])).to.equal(undefined)
    expect(reasonAfterFetch([{ offset: 11, appendedAt: 2009 }])).to.equal(undefined)
  })

  it('returns a reason if another partition has another record', () => {
    const positions = new Map([
      [0, { nextOffset: 10, lastRecord: undefined }],
      [1, { nextOffset: 3, lastRecord: { offset: 2, appendedAt: -1000 } }],
    ])
    const fetched = new Map([[1, { from: 2, to: 3, records: [{ offset: 2, appendedAt: 0 }] }]])
    expect(foreignReason({ ...known, positions }, { ...untagged, fetched })).to.include(
      'partition 1 has another record at offset 2',
    )
  })
})

describe('untaggedLogIdentity', () => {
  const withId = { ...known, topicId: 'topic-1' }
  const untagged = { ...topic, logTag: undefined, topicId: 'topic-1' }
  const { usesTopicId, mayHaveGaps } = untaggedLogIdentity
  const reasonOf: typeof newLogReason = (log, observed) =>
    untaggedLogIdentity.newLogReason(log, observed)

  it('reads the id of the topic, and takes a missing offset as a damage', () => {
    expect({ usesTopicId, mayHaveGaps }).to.deep.equal({ usesTopicId: true, mayHaveGaps: false })
  })

  it('continues the log of the same topic without a tag, also if its id was not known before', async () => {
    expect(reasonOf(withId, untagged)).to.equal(undefined)
    expect(reasonOf(known, untagged)).to.equal(undefined)
    await untaggedLogIdentity.mark(3)
  })

  it('does not trust a tag: a copy of the topic may have the same settings', () => {
    const copy = { ...untagged, logTag: 3, topicId: 'topic-2' }
    expect(reasonOf(withId, copy)).to.equal('the topic was created again')
  })

  it('finds another cluster and a log that is shorter than its ledger', () => {
    expect(reasonOf(withId, { ...untagged, clusterId: 'cluster-b' })).to.equal(
      'the Kafka cluster has changed',
    )
    expect(reasonOf(withId, { ...untagged, ranges: [{ low: 0, high: 2 }] })).to.equal(
      'partition 0 ends at offset 2, but its ledger is at 10',
    )
    expect(reasonOf(undefined, untagged)).to.equal('the first log of this database')
  })
})
