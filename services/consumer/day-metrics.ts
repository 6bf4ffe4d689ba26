import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { StoredDay } from '../adapters/postgres/readings/day-store.ts'
import { sameInEveryConsumer } from '../stream/account-metrics.ts'

/** What the database says of the days of readings, whichever consumer asks. */
export type DayView = {
  readonly days: readonly StoredDay[]
  /** Days past the retention that are still there. */
  readonly daysOverdue: number
  readonly rowsOfRetiredDays: number
}

const gauges = {
  kept: ['telemetry_days_kept', 'Days of readings that are kept.'],
  overdue: ['telemetry_days_overdue', 'Days past the retention that are still there.'],
  bytes: ['telemetry_days_bytes', 'Their size on disk, indexes and all.'],
  rowsRetired: ['telemetry_rows_retired', 'Rows that retention has dropped with their days.'],
} as const

type GaugeName = keyof typeof gauges

/** The days of readings as gauges. */
export class DayMetrics {
  readonly #gauge: Readonly<Record<GaugeName, Gauge>>

  constructor(registry: Registry) {
    const entries = Object.entries(gauges).map(([key, [name, help]]) => {
      const gauge = new Gauge({
        name,
        help: `${help} ${sameInEveryConsumer}`,
        registers: [registry],
      })
      // Before the first look nothing is known, and 0 would say that it is.
      gauge.remove()
      return [key, gauge]
    })
    this.#gauge = Object.fromEntries(entries) as Record<GaugeName, Gauge>
  }

  show({ days, daysOverdue, rowsOfRetiredDays }: DayView): void {
    this.#gauge.kept.set(days.length)
    this.#gauge.overdue.set(daysOverdue)
    this.#gauge.bytes.set(days.reduce((sum, { bytes }) => sum + bytes, 0))
    this.#gauge.rowsRetired.set(rowsOfRetiredDays)
  }
}
