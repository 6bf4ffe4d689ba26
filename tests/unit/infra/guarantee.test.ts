import { expect } from 'chai'
import { toConfig } from '../../../infra/config/config.ts'
import { describeGuarantee } from '../../../infra/config/guarantee.ts'

const acknowledged =
  'Acknowledged means stored, exactly once: every reading that is answered with 202 becomes one row, or one dead letter with the reason.'
const crash = 'It survives the crash of any process of the platform.'
const sevenDays = 'It survives a database outage of up to 7 days, or until the disk is full.'
const three = { instances: 3, replicationFactor: 3, minInsyncReplicas: 2 }

function sentences(kafka: object = {}, oneMachine = true) {
  const [first, second, broker, disk, outage] = describeGuarantee(toConfig({ kafka }), oneMachine)
  return { first, second, broker, disk, outage }
}

describe('describeGuarantee', () => {
  it('describes a single broker', () => {
    expect(describeGuarantee(toConfig({}))).to.deep.equal([
      acknowledged,
      crash,
      'Each record is on one broker. While that broker is down, readings are refused with 503 and must be sent again.',
      'Kafka acknowledges from memory: a power cut may lose the last seconds (kafka.flushEachBatch prevents that). It does not survive the loss of the disk.',
      sevenDays,
    ])
  })

  it('promises no more about power and disk for three brokers on one machine than for one broker', () => {
    expect(describeGuarantee(toConfig({ kafka: three }))).to.deep.equal([
      acknowledged,
      crash,
      'Each record is on 3 brokers and acknowledged by at least 2. Readings are still accepted with one broker down.',
      'Kafka acknowledges from memory: a power cut may lose the last seconds (kafka.flushEachBatch prevents that). It does not survive the loss of the disk.',
      sevenDays,
    ])
  })

  it('promises to survive a lost disk for three brokers on separate machines', () => {
    expect(sentences(three, false).disk).to.equal(
      'Kafka acknowledges from memory: a power cut of 2 brokers at the same time may lose the last seconds. It survives the loss of one broker’s disk.',
    )
    expect(sentences({ ...three, minInsyncReplicas: 3 }, false).disk).to.equal(
      'Kafka acknowledges from memory: a power cut of 3 brokers at the same time may lose the last seconds. It survives the loss of 2 brokers’ disks.',
    )
  })

  it('does not promise to survive a lost disk when minInsyncReplicas is 1', () => {
    expect(sentences({ ...three, minInsyncReplicas: 1 }, false).disk).to.equal(
      'Kafka acknowledges from memory: a power cut may lose the last seconds (kafka.flushEachBatch prevents that). It does not survive the loss of the disk.',
    )
  })

  it('states how many brokers may be down', () => {
    const on = (replicationFactor: number, minInsyncReplicas: number) =>
      sentences({ instances: 5, replicationFactor, minInsyncReplicas }).broker
    expect(on(3, 3)).to.equal(
      'Each record is on 3 brokers and acknowledged by at least 3. While one of them is down, readings are refused with 503.',
    )
    expect(on(5, 2)).to.equal(
      'Each record is on 5 brokers and acknowledged by at least 2. Readings are still accepted with 3 brokers down.',
    )
    expect(on(1, 1)).to.equal(sentences().broker)
  })

  it('promises to survive a power cut when each batch is flushed', () => {
    const survived = 'Each batch is on disk before it is acknowledged: it survives a power cut.'
    expect(sentences({ flushEachBatch: true }).disk).to.equal(
      `${survived} It does not survive the loss of the disk.`,
    )
    expect(sentences({ ...three, flushEachBatch: true }, false).disk).to.equal(
      `${survived} It survives the loss of one broker’s disk.`,
    )
  })

  for (const [retentionHours, words] of [
    [1, '1 hour'],
    [24, '24 hours'],
    [47, '47 hours'],
    [48, '2 days'],
    [50, '50 hours'],
    [720, '30 days'],
  ] as const) {
    it(`describes a retention of ${retentionHours} hours as ${words}`, () => {
      expect(sentences({ retentionHours }).outage).to.equal(
        `It survives a database outage of up to ${words}, or until the disk is full.`,
      )
    })
  }
})
