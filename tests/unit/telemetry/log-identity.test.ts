import { expect } from 'chai'
import { whyNewLog } from '../../../services/telemetry/log-identity.ts'

const known = {
  id: 3,
  clusterId: 'cluster-a',
  positions: new Map([
    [0, 10],
    [1, 0],
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
    expect(whyNewLog(known, topic)).to.equal(undefined)
  })

  it('finds it when it has new partitions, or lost what was not read', () => {
    const grown = [
      { low: 10, high: 12 },
      { low: 4, high: 5 },
      { low: 0, high: 0 },
    ]
    expect(whyNewLog(known, { ...topic, ranges: grown })).to.equal(undefined)
  })

  it('begins one where the database knows none', () => {
    expect(whyNewLog(undefined, topic)).to.equal('the first log of this database')
  })

  it('begins one on another cluster', () => {
    const other = { ...topic, clusterId: 'cluster-b' }
    expect(whyNewLog(known, other)).to.equal('the Kafka cluster is another one')
  })

  it('begins one where the topic has another tag, or none', () => {
    for (const logTag of [2, 4, undefined]) {
      expect(whyNewLog(known, { ...topic, logTag })).to.equal('the topic was made anew')
    }
  })

  it('begins one where a ledger has come further than its partition', () => {
    const ranges = [
      { low: 0, high: 9 },
      { low: 0, high: 5 },
    ]
    const reason = whyNewLog(known, { ...topic, ranges })
    expect(reason).to.equal('partition 0 ends at 9, its ledger stands at 10')
  })

  it('begins one where a partition with a ledger is gone', () => {
    const positions = new Map([[2, 1]])
    const reason = whyNewLog({ ...known, positions }, topic)
    expect(reason).to.equal('partition 2 ends at 0, its ledger stands at 1')
  })
})
