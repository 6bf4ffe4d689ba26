import { expect } from 'chai'
import { newLogReason } from '../../../services/ledger/log-identity.ts'

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

describe('whyNewLog', () => {
  it('finds the log that the database knows', () => {
    expect(newLogReason(known, topic)).to.equal(undefined)
  })

  it('finds it when it has new partitions, or lost what was not read', () => {
    const grown = [
      { low: 10, high: 12 },
      { low: 4, high: 5 },
      { low: 0, high: 0 },
    ]
    expect(newLogReason(known, { ...topic, ranges: grown })).to.equal(undefined)
  })

  it('begins one where the database knows none', () => {
    expect(newLogReason(undefined, topic)).to.equal('the first log of this database')
  })

  it('begins one on another cluster', () => {
    const other = { ...topic, clusterId: 'cluster-b' }
    expect(newLogReason(known, other)).to.equal('the Kafka cluster has changed')
  })

  it('begins one where the topic has another tag, or none', () => {
    for (const logTag of [2, 4, undefined]) {
      expect(newLogReason(known, { ...topic, logTag })).to.equal('the topic was created again')
    }
  })

  it('begins one where a ledger has come further than its partition', () => {
    const ranges = [
      { low: 0, high: 9 },
      { low: 0, high: 5 },
    ]
    const reason = newLogReason(known, { ...topic, ranges })
    expect(reason).to.equal('partition 0 ends at offset 9, but its ledger is at 10')
  })

  it('begins one where a partition with a ledger is gone', () => {
    const positions = new Map([[2, { nextOffset: 1, lastRecord: undefined }]])
    const reason = newLogReason({ ...known, positions }, topic)
    expect(reason).to.equal('partition 2 ends at offset 0, but its ledger is at 1')
  })

  describe('where a partition has been read', () => {
    const whyRead = (from: number, appendedAt: number) => {
      const fetched = new Map([[0, { from, to: 12, records: [{ offset: 9, appendedAt }] }]])
      return newLogReason(known, { ...topic, ranges: [{ low: 0, high: 12 }], fetched })
    }

    it('begins one where it has another record than the last that was settled', () => {
      const reason =
        'partition 0 has another record at offset 9 than the one that its ledger settled'
      expect(whyRead(9, 2009)).to.equal(reason)
      expect(whyRead(0, 2009)).to.equal(reason)
    })

    it('finds the known one where it is the same, or was not among what was read', () => {
      expect(whyRead(9, 1009)).to.equal(undefined)
      expect(whyRead(10, 2009)).to.equal(undefined)
    })
  })
})
