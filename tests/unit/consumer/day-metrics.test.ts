import { expect } from 'chai'
import { Registry } from 'prom-client'
import { DayMetrics } from '../../../services/consumer/day-metrics.ts'

const aDay = (day: string, bytes: number) => ({
  ...{ day, bytes, closed: false, hasUnfinishedIndex: false },
  ...{ indexBytes: 8, reindexedBytes: 0 },
})

describe('DayMetrics', () => {
  let registry: Registry
  let metrics: DayMetrics
  beforeEach(() => {
    registry = new Registry()
    metrics = new DayMetrics(registry)
  })

  async function valuesOf(name: string): Promise<number[]> {
    const metric = await registry.getSingleMetric(name)?.get()
    return (metric?.values ?? []).map(({ value }) => value)
  }

  it('has no values before the first update', async () => {
    const lines = (await registry.metrics()).split('\n')
    expect(lines.filter((line) => line !== '' && !line.startsWith('#'))).to.deep.equal([])
  })

  it('shows the stored days, their size, overdue days and dropped rows', async () => {
    const days = [aDay('2026-01-30', 100), aDay('2026-01-31', 23)]
    metrics.show({ days, daysOverdue: 1, rowsOfRetiredDays: 99 })
    expect(await valuesOf('telemetry_days_kept')).to.deep.equal([2])
    expect(await valuesOf('telemetry_days_bytes')).to.deep.equal([123])
    expect(await valuesOf('telemetry_days_overdue')).to.deep.equal([1])
    expect(await valuesOf('telemetry_rows_retired')).to.deep.equal([99])
  })
})
