import { expect } from 'chai'
import { operationsRequest } from '../../../services/adapters/kafka/requests/rights/allowed-operations.ts'
import {
  creationTrial,
  groupTrial,
} from '../../../services/adapters/kafka/requests/rights/other-trials.ts'
import { topicTrials } from '../../../services/adapters/kafka/requests/rights/topic-trials.ts'

/** Answers of brokers, written by hand from the Kafka protocol guide. */
const throttleTime = '00000000'
const bytes = (...parts: readonly string[]): Buffer =>
  Buffer.from(parts.join('').replaceAll(' ', ''), 'hex')

/** One broker `b:9093`, the cluster `c`, controller 1. */
const cluster = '02 00000001 02 62 00002385 00 00 02 63 00000001'
const name = '02 74'
/** One partition with one replica. */
const partition = '0000 00000000 00000001 00000000 02 00000001 02 00000001 01 00'
const bitsOf = (...codes: readonly number[]): string =>
  codes
    .reduce((bits, code) => bits | (1 << code), 0)
    .toString(16)
    .padStart(8, '0')

const decode = (error: string, bits: string) =>
  operationsRequest('t').decode(
    bytes(throttleTime, cluster, '02', error, name, '00 02', partition, bits, '00 80000000 00'),
  )

describe('the answers of brokers about rights', () => {
  it('contain the operations on a topic that exists', () => {
    const topic = decode('0000', bitsOf(3, 8, 10))
    expect(topic).to.have.property('kind', 'present')
    expect('allowed' in topic && [...topic.allowed]).to.deep.equal([
      'Read',
      'Describe',
      'DescribeConfigs',
    ])
  })

  it('contain no operation if the broker was not asked for them', () => {
    const topic = decode('0000', '80000000')
    expect('allowed' in topic && [...topic.allowed]).to.deep.equal([])
  })

  it('tell a topic that the user may not see from one that does not exist', () => {
    expect(decode('001d', bitsOf())).to.deep.equal({ kind: 'hidden' })
    expect(decode('0003', bitsOf())).to.deep.equal({ kind: 'absent' })
  })

  it('contain an error for each partition of a topic', () => {
    const one = `02 ${name} 02 00000000 001d`
    expect(topicTrials.Read('t').decode(bytes(throttleTime, '0000 00000000', one))).to.equal(29)
    expect(topicTrials.Write('t').decode(bytes(one))).to.equal(29)
    const deleted = `02 ${name} 02 00000000 ffffffffffffffff 0003`
    expect(topicTrials.Delete('t').decode(bytes(throttleTime, deleted))).to.equal(3)
  })

  it('contain an error for each topic', () => {
    const one = `02 ${name} 0025`
    expect(topicTrials.Alter('t').decode(bytes(throttleTime, one))).to.equal(37)
    const creation = { topic: 't', partitions: 1, replicationFactor: 1, settings: [] }
    const refused = bytes(throttleTime, '02', name, '0026 03 6e6f')
    expect(creationTrial(creation).decode(refused)).to.deep.equal({ code: 38, message: 'no' })
    const described = bytes(throttleTime, '02 001d')
    expect(topicTrials.DescribeConfigs('t').decode(described)).to.equal(29)
  })

  it('contain the error of a group', () => {
    expect(groupTrial('g').decode(bytes(throttleTime, '001e 00'))).to.equal(30)
  })
})

describe('the requests about rights', () => {
  it('ask brokers only to check the creation of a topic', () => {
    const settings = [{ name: 'a', value: 'b' }]
    const { body } = creationTrial({ topic: 't', partitions: 6, replicationFactor: -1, settings })
    const topic = '02 74 00000006 ffff 01 02 02 61 02 62 00 00'
    expect(body.toString('hex')).to.equal(bytes('02', topic, '00002710 01 00').toString('hex'))
  })

  it('contain no record and delete none', () => {
    const written = '00 ffff 00002710 02 02 74 02 00000000 01 00 00 00'
    expect(topicTrials.Write('t').body.toString('hex')).to.equal(bytes(written).toString('hex'))
    const deleted = '02 02 74 02 00000000 0000000000000000 00 00 00002710 00'
    expect(topicTrials.Delete('t').body.toString('hex')).to.equal(bytes(deleted).toString('hex'))
  })
})
