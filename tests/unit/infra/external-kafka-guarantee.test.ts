import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import type { KafkaFacts } from '../../../infra/config/external/kafka-guarantee.ts'
import { describeGuarantee } from '../../../infra/config/guarantee.ts'

const config = toConfig({ kafka: { external: { brokers: ['a:9092'] } } })

/** The sentences that depend on Kafka. */
const sentences = (facts?: KafkaFacts): string[] => describeGuarantee(config, true, facts).slice(2)

const factsWith = (settings: object, replicationFactor = 3): KafkaFacts => ({
  replicationFactor,
  settings: new Map(
    Object.entries({
      'min.insync.replicas': '2',
      'retention.ms': '604800000',
      'retention.bytes': '-1',
      'unclean.leader.election.enable': 'false',
      'flush.messages': '9223372036854775807',
      ...settings,
    }),
  ),
})

const notKnown =
  'Kafka does not tell whether its brokers share a machine, a disk or a power supply: a failure of what they share may lose acknowledged readings.'

describe('describeGuarantee with an existing Kafka', () => {
  it('promises first what does not depend on Kafka', () => {
    const own = describeGuarantee(toConfig({}))
    expect(describeGuarantee(config).slice(0, 2)).to.deep.equal(own.slice(0, 2))
  })

  it('says where the rest can be read if Kafka was not asked', () => {
    expect(sentences()).to.have.lengthOf(1)
    expect(sentences()[0]).to.match(/^It uses an existing Kafka\. .* npm run status reads it/)
  })

  it('is computed from the topic, not from the configuration, and names what is not known', () => {
    expect(sentences(factsWith({}))).to.deep.equal([
      'Each record is on 3 brokers and acknowledged by at least 2. Readings are still accepted with one broker down.',
      `Kafka acknowledges from memory (flush.messages). ${notKnown}`,
      'It survives a database outage of up to 7 days, or until the disk of Kafka is full.',
    ])
  })

  it('describes a topic on one broker that writes each batch to disk', () => {
    const facts = factsWith({ 'min.insync.replicas': '1', 'flush.messages': '1' }, 1)
    expect(sentences(facts).slice(0, 2)).to.deep.equal([
      'Each record is on one broker. While that broker is down, readings are refused with 503 and must be sent again.',
      `Each batch is on disk before it is acknowledged. ${notKnown}`,
    ])
  })

  it('names leaders that lack records', () => {
    expect(sentences(factsWith({ 'unclean.leader.election.enable': 'true' }))[1]).to.equal(
      'A broker that lacks records may become leader of a partition (unclean.leader.election.enable), so the loss of a broker may lose acknowledged readings.',
    )
  })

  it('limits the outage of the database by time and size', () => {
    const last = (settings: object) => sentences(factsWith(settings)).at(-1)
    expect(last({ 'retention.ms': '-1' })).to.equal(
      'It survives a database outage without a limit of time, or until the disk of Kafka is full.',
    )
    expect(last({ 'retention.ms': '86400000', 'retention.bytes': '1000' })).to.equal(
      'It survives a database outage of up to 24 hours, or until a partition has 1000 bytes (retention.bytes), or until the disk of Kafka is full.',
    )
  })

  it('says what is not known if Kafka denies the right to read the settings', () => {
    expect(sentences({ replicationFactor: 3, settings: undefined })).to.deep.equal([
      'Each record is on 3 brokers. Kafka denies the right to read the settings of the topic (DescribeConfigs), so it is not known how many of them have a record when it is acknowledged, and how long an outage of the database may last.',
      notKnown,
    ])
  })
})
