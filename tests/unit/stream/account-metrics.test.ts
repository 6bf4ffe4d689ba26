import { expect } from 'chai'
import { Registry } from 'prom-client'
import type { AccountView } from '../../../services/stream/account-metrics.ts'
import { AccountMetrics } from '../../../services/stream/account-metrics.ts'

const ledger = (logId: number, partition: number, nextOffset: number) => ({
  logId,
  partition,
  startOffset: 10,
  nextOffset,
  stored: nextOffset - 33,
  updated: 3,
  duplicate: 8,
  deadLettered: 6,
  expired: 4,
  withoutRecord: 2,
})
const view: AccountView = {
  pipeline: 'readings',
  ledgers: [ledger(1, 0, 50), ledger(2, 0, 60), ledger(2, 1, 70)],
  currentLogId: 2,
  ranges: [
    { low: 0, high: 65 },
    { low: 5, high: 70 },
    { low: 3, high: 12 },
  ],
  lastCheck: {
    checkedAt: new Date('2026-01-31T12:00:00Z'),
    ageSeconds: 5,
    rowImbalance: -1,
    ledgerImbalance: 3,
    seconds: 1.5,
  },
  checkIntervalSeconds: 3_600,
}

describe('AccountMetrics', () => {
  let registry: Registry
  let metrics: AccountMetrics
  beforeEach(() => {
    registry = new Registry()
    metrics = new AccountMetrics(registry)
  })

  /** The samples of a metric, as `label=value,…: number`. */
  async function samplesOf(name: string): Promise<string[]> {
    const metric = await registry.getSingleMetric(name)?.get()
    return (metric?.values ?? []).map(({ labels, value }) => {
      const pairs = Object.entries(labels).map(([label, text]) => `${label}=${text ?? ''}`)
      return `${pairs.join(',')}: ${value}`
    })
  }

  it('has no values before the first update', async () => {
    const lines = (await registry.metrics()).split('\n')
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).to.deep.equal([])
  })

  it('shows the offsets of each partition of each log by outcome', async () => {
    metrics.show(view)
    expect(await samplesOf('telemetry_ledger_settled_offsets')).to.deep.equal([
      'pipeline=readings,log=1,partition=0: 40',
      'pipeline=readings,log=2,partition=0: 50',
      'pipeline=readings,log=2,partition=1: 60',
    ])
    const samples = await samplesOf('telemetry_ledger_offsets')
    expect(
      samples.filter((sample) => sample.startsWith('pipeline=readings,log=2,partition=1')),
    ).to.deep.equal([
      'pipeline=readings,log=2,partition=1,outcome=stored: 37',
      'pipeline=readings,log=2,partition=1,outcome=updated: 3',
      'pipeline=readings,log=2,partition=1,outcome=duplicate: 8',
      'pipeline=readings,log=2,partition=1,outcome=dead_lettered: 6',
      'pipeline=readings,log=2,partition=1,outcome=expired: 4',
      'pipeline=readings,log=2,partition=1,outcome=without_record: 2',
    ])
  })

  it('shows the totals over all partitions and logs', async () => {
    metrics.show(view)
    expect(await samplesOf('telemetry_account_settled_offsets')).to.deep.equal([
      'pipeline=readings: 150',
    ])
    expect(await samplesOf('telemetry_account_offsets')).to.deep.equal([
      'pipeline=readings,outcome=stored: 81',
      'pipeline=readings,outcome=updated: 9',
      'pipeline=readings,outcome=duplicate: 24',
      'pipeline=readings,outcome=dead_lettered: 18',
      'pipeline=readings,outcome=expired: 12',
      'pipeline=readings,outcome=without_record: 6',
    ])
  })

  it('counts the offsets after the ledger as in flight, and all offsets of a partition without a ledger', async () => {
    metrics.show(view)
    expect(await samplesOf('telemetry_ledger_in_flight_offsets')).to.deep.equal([
      'pipeline=readings,log=2,partition=0: 5',
      'pipeline=readings,log=2,partition=1: 0',
      'pipeline=readings,log=2,partition=2: 9',
    ])
    expect(await samplesOf('telemetry_account_in_flight_offsets')).to.deep.equal([
      'pipeline=readings: 14',
    ])
  })

  it('removes the number of offsets in flight while Kafka does not respond', async () => {
    metrics.show(view)
    metrics.show({ ...view, ranges: [] })
    expect(await samplesOf('telemetry_ledger_in_flight_offsets')).to.deep.equal([])
    expect(await samplesOf('telemetry_account_in_flight_offsets')).to.deep.equal([])
  })

  it('shows the result of the last check, and no value before the first check', async () => {
    metrics.show({ ...view, lastCheck: undefined })
    expect(await samplesOf('telemetry_account_imbalance')).to.deep.equal([])
    metrics.show(view)
    expect(await samplesOf('telemetry_account_imbalance')).to.deep.equal([
      'pipeline=readings,of=rows: -1',
      'pipeline=readings,of=ledgers: 3',
    ])
    expect(await samplesOf('telemetry_account_check_timestamp_seconds')).to.deep.equal([
      'pipeline=readings: 1769860800',
    ])
    expect(await samplesOf('telemetry_account_check_seconds')).to.deep.equal([
      'pipeline=readings: 1.5',
    ])
    expect(await samplesOf('telemetry_account_check_interval_seconds')).to.deep.equal([
      'pipeline=readings: 3600',
    ])
  })

  it('shows each pipeline separately', async () => {
    metrics.show(view)
    metrics.show({ ...view, pipeline: 'orders', ledgers: [], ranges: [{ low: 0, high: 3 }] })
    expect(await samplesOf('telemetry_account_settled_offsets')).to.deep.equal([
      'pipeline=readings: 150',
      'pipeline=orders: 0',
    ])
    metrics.show({ ...view, pipeline: 'orders', ledgers: [], ranges: [] })
    expect(await samplesOf('telemetry_account_in_flight_offsets')).to.deep.equal([
      'pipeline=readings: 14',
    ])
    expect(await samplesOf('telemetry_ledger_in_flight_offsets')).to.have.length(3)
  })
})
