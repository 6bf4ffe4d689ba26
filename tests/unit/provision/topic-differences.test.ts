import { expect } from 'chai'
import type { TopicFacts } from '../../../services/adapters/kafka/topic-settings.ts'
import { toConfigEntries } from '../../../services/adapters/kafka/topic-settings.ts'
import {
  differencesOf,
  requireCleanup,
  TopicError,
} from '../../../services/provision/external/topic-differences.ts'

const wanted = {
  partitions: 6,
  replicationFactor: 3,
  minInsyncReplicas: 2,
  retentionHours: 168,
  flushEachBatch: false,
}

const right = {
  'cleanup.policy': 'delete',
  'retention.ms': '604800000',
  'retention.bytes': '-1',
  'min.insync.replicas': '2',
  'message.timestamp.type': 'LogAppendTime',
  'compression.type': 'producer',
  'max.message.bytes': '1048588',
  'unclean.leader.election.enable': 'false',
}

const factsWith = (settings: object = {}, rest: Partial<TopicFacts> = {}): TopicFacts => ({
  partitions: 6,
  replicationFactor: 3,
  settings: new Map(Object.entries({ ...right, ...settings })),
  ...rest,
})

const namesOf = (facts: TopicFacts): string[] =>
  differencesOf('readings', facts, wanted).map(
    ({ setting, present, wanted: want }) => `${setting}: ${present}, wanted ${want}`,
  )

describe('the differences of an existing topic', () => {
  it('are none if it is as the platform would create it, or better', () => {
    expect(namesOf(factsWith())).to.deep.equal([])
    const better = {
      'retention.ms': '-1',
      'min.insync.replicas': '3',
      'max.message.bytes': '9999999',
    }
    expect(namesOf(factsWith(better, { replicationFactor: 5 }))).to.deep.equal([])
  })

  const cases: Readonly<Record<string, readonly [facts: TopicFacts, difference: string]>> = {
    'fewer partitions': [factsWith({}, { partitions: 3 }), 'partitions: 3, wanted 6'],
    'more partitions': [factsWith({}, { partitions: 12 }), 'partitions: 12, wanted 6'],
    'fewer replicas': [factsWith({}, { replicationFactor: 1 }), 'replication factor: 1, wanted 3'],
    'a shorter retention': [
      factsWith({ 'retention.ms': '3600000' }),
      'retention.ms: 3600000, wanted 604800000',
    ],
    'a limit of bytes': [
      factsWith({ 'retention.bytes': '1000' }),
      'retention.bytes: 1000, wanted -1',
    ],
    'fewer in-sync replicas': [
      factsWith({ 'min.insync.replicas': '1' }),
      'min.insync.replicas: 1, wanted 2',
    ],
    'times of producers': [
      factsWith({ 'message.timestamp.type': 'CreateTime' }),
      'message.timestamp.type: CreateTime, wanted LogAppendTime',
    ],
    'compression by the brokers': [
      factsWith({ 'compression.type': 'zstd' }),
      'compression.type: zstd, wanted producer',
    ],
    'small batches': [
      factsWith({ 'max.message.bytes': '1000' }),
      'max.message.bytes: 1000, wanted 1048588',
    ],
    'leaders that lack records': [
      factsWith({ 'unclean.leader.election.enable': 'true' }),
      'unclean.leader.election.enable: true, wanted false',
    ],
  }
  for (const [title, [facts, difference]] of Object.entries(cases)) {
    it(`name ${title}`, () => {
      expect(namesOf(facts)).to.deep.equal([difference])
    })
  }

  it('each say what they mean', () => {
    const facts = factsWith({ 'retention.ms': '1' }, { partitions: 1 })
    for (const { advice } of differencesOf('readings', facts, wanted))
      expect(advice).to.match(/^[A-Z].*\.$/)
  })

  it('are those of the partitions if Kafka denies the right to read the settings', () => {
    expect(namesOf(factsWith({}, { settings: undefined, partitions: 1 }))).to.deep.equal([
      'partitions: 1, wanted 6',
    ])
  })

  it('make a compacted topic of readings unusable', () => {
    for (const policy of ['compact', 'compact,delete']) {
      expect(() => namesOf(factsWith({ 'cleanup.policy': policy }))).to.throw(
        TopicError,
        `The topic readings has cleanup.policy=${policy}, so Kafka would remove readings before they are stored. Ask the administrator of Kafka to set it to delete, or to delete the topic.`,
      )
    }
  })

  it('make a topic of devices that is not compacted unusable', () => {
    expect(() => {
      requireCleanup('devices', 'delete', 'compact')
    }).to.throw(TopicError, /cleanup\.policy=delete, so Kafka would remove devices/)
    requireCleanup('devices', 'compact', 'compact')
    requireCleanup('devices', undefined, 'compact')
  })
})

describe('the settings with which a topic is created at an existing Kafka', () => {
  it('are only those that the platform needs, without a tag', () => {
    expect(toConfigEntries(wanted, { kind: 'untagged' })).to.deep.equal([
      { name: 'cleanup.policy', value: 'delete' },
      { name: 'retention.ms', value: '604800000' },
      { name: 'message.timestamp.type', value: 'LogAppendTime' },
      { name: 'min.insync.replicas', value: '2' },
    ])
    expect(toConfigEntries(wanted, { kind: 'untagged-compacted' })).to.deep.equal([
      { name: 'cleanup.policy', value: 'compact' },
      { name: 'message.timestamp.type', value: 'LogAppendTime' },
      { name: 'min.insync.replicas', value: '2' },
    ])
  })
})
