import { expect } from 'chai'
import { Health, toPercentiles } from '../../../services/dashboard/health/health.ts'
import { HealthHistory } from '../../../services/dashboard/health/health-history.ts'
import type { PlatformView } from '../../../services/dashboard/health/platform-monitor.ts'
import { RateWindow } from '../../../services/dashboard/health/rates.ts'
import { toAccount } from '../../../services/ledger/account.ts'

const unknownView: PlatformView = {
  topicLog: undefined,
  ledgers: undefined,
  delays: undefined,
  services: undefined,
  deadLetters: undefined,
  lastCheck: undefined,
  work: undefined,
}
const aLedger = (overrides = {}) => ({
  logId: 2,
  partition: 0,
  startOffset: 10,
  nextOffset: 110,
  ...{ stored: 90, updated: 0, duplicate: 6, deadLettered: 3, expired: 1, withoutRecord: 0 },
  ...overrides,
})

describe('toAccount', () => {
  it('returns each partition and the total, with readings in flight in the current log', () => {
    const endedLog = aLedger({ logId: 1 })
    const unbalanced = aLedger({ partition: 1, stored: 95 })
    const ranges = [
      { low: 0, high: 115 },
      { low: 0, high: 110 },
    ]
    const account = toAccount([endedLog, aLedger(), unbalanced], { logId: 2, ranges })
    const of = ({ settled, inFlight, imbalance }: (typeof account.partitions)[number]) => [
      settled,
      inFlight,
      imbalance,
    ]
    expect(account.partitions.map(of)).to.deep.equal([
      [100, 0, 0],
      [100, 5, 0],
      [100, 0, -5],
    ])
    expect(account.total).to.deep.equal({
      ...{ settled: 300, stored: 275, updated: 0, duplicate: 18, deadLettered: 9, expired: 3 },
      ...{ withoutRecord: 0, inFlight: 5, imbalance: 5 },
    })
    expect(account.isBalanced).to.equal(false)
  })

  it('returns null in flight if the cluster does not answer', () => {
    const account = toAccount([aLedger()], { logId: undefined, ranges: [] })
    expect([account.total.inFlight, account.isBalanced]).to.deep.equal([null, true])
    expect(toAccount([], { logId: 2, ranges: [] }).total.inFlight).to.equal(null)
  })

  it('counts all readings of a partition without a ledger as in flight, in partition order', () => {
    const ranges = [
      { low: 0, high: 110 },
      { low: 30, high: 37 },
      { low: 0, high: 115 },
    ]
    const ledgers = [aLedger({ logId: 1 }), aLedger(), aLedger({ partition: 2 })]
    const { partitions, total, isBalanced } = toAccount(ledgers, { logId: 2, ranges })
    const of = partitions.map(({ log, partition, settled, inFlight }) => [
      log,
      partition,
      settled,
      inFlight,
    ])
    expect(of).to.deep.equal([
      [1, 0, 100, 0],
      [2, 0, 100, 0],
      [2, 1, 0, 7],
      [2, 2, 100, 5],
    ])
    expect([total.inFlight, isBalanced]).to.deep.equal([12, true])
  })
})

describe('toPercentiles', () => {
  it('returns values from the input, or null for an empty input', () => {
    expect(toPercentiles([])).to.deep.equal({ p50: null, p99: null })
    expect(toPercentiles([3])).to.deep.equal({ p50: 3, p99: 3 })
    const hundred = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect(toPercentiles(hundred)).to.deep.equal({ p50: 50, p99: 99 })
  })
})

describe('RateWindow', () => {
  it('returns null before there are two counts, then the rate of the last ten seconds', () => {
    const window = new RateWindow()
    window.add({ at: 0, received: 100, stored: undefined })
    expect(window.rates).to.deep.equal({ received: null, stored: null })
    window.add({ at: 2_000, received: 300, stored: 10 })
    expect(window.rates).to.deep.equal({ received: 100, stored: null })
    window.add({ at: 12_000, received: 300, stored: 110 })
    expect(window.rates).to.deep.equal({ received: 0, stored: 10 })
  })

  it('returns 0, not a negative rate, when a new log starts', () => {
    const window = new RateWindow()
    window.add({ at: 0, received: 500, stored: 500 })
    window.add({ at: 1_000, received: 1, stored: 501 })
    expect(window.rates).to.deep.equal({ received: 0, stored: 1 })
  })
})

describe('HealthHistory', () => {
  it('returns the points of the last hour as one array per figure', () => {
    const history = new HealthHistory()
    for (let at = 0; at < 400; at += 1) {
      history.add({ at, received: at, stored: null, p50: 1, p99: 2, lag: 0 })
    }
    const json = history.toJson()
    expect(json.at.length).to.equal(360)
    expect([json.at[0], json.received.at(-1), json.stored[0]]).to.deep.equal([40, 399, null])
  })
})

describe('Health', () => {
  it('returns null for every figure that is not known', () => {
    const health = new Health(() => unknownView)
    health.update(unknownView, 0)
    const now = health.withHistory()
    expect(now.rates).to.deep.equal({ received: null, stored: null })
    expect(now.latency).to.deep.equal({
      ...{ p50: null, p99: null },
      receivedToStored: { p50: null, p99: null },
    })
    expect([now.lag, now.services, now.deadLetters]).to.deep.equal([[], [], null])
    expect([now.ledger.isKnown, now.history.at]).to.deep.equal([false, [0]])
  })

  it('returns no lag and null in flight while the ledgers are not known', () => {
    const topicLog = { logId: 2, ranges: [{ low: 0, high: 112 }] }
    const { lag, ledger } = new Health(() => ({ ...unknownView, topicLog })).current()
    expect([lag, ledger.partitions, ledger.total.inFlight]).to.deep.equal([[], [], null])
  })

  it('returns an unbalanced account if a ledger or the last check is unbalanced', () => {
    const check = { checkedAt: new Date(0), ageSeconds: 1, seconds: 1 }
    const isBalanced = (view: Partial<PlatformView>) =>
      new Health(() => ({ ...unknownView, ledgers: [aLedger()], ...view })).ledger().isBalanced
    const balancedCheck = { ...check, rowImbalance: 0, ledgerImbalance: 0 }
    expect(isBalanced({})).to.equal(true)
    expect(isBalanced({ lastCheck: balancedCheck })).to.equal(true)
    expect(isBalanced({ lastCheck: { ...balancedCheck, rowImbalance: -1 } })).to.equal(false)
    expect(isBalanced({ lastCheck: { ...balancedCheck, ledgerImbalance: 2 } })).to.equal(false)
    expect(isBalanced({ ledgers: [aLedger({ stored: 91 })] })).to.equal(false)
  })

  it('returns the lag of each partition of the current log, and the total lag in the history', () => {
    const ranges = [
      { low: 0, high: 112 },
      { low: 0, high: 113 },
    ]
    const ledgers = [aLedger({ logId: 1 }), aLedger(), aLedger({ partition: 1 })]
    const view = { ...unknownView, ledgers, topicLog: { logId: 2, ranges } }
    const health = new Health(() => view)
    health.update(view, 0)
    health.update(view, 2_000)
    expect(health.current().lag).to.deep.equal([2, 3])
    expect(health.withHistory().history.lag).to.deep.equal([5])
  })
})
