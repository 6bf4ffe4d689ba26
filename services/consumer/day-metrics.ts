import { Gauge } from 'prom-client'
import type { Registry } from 'prom-client'
import type { StoredDay } from '../adapters/postgres/readings/day-store.ts'
import { sameInEveryConsumer } from '../stream/account-metrics.ts'

/** The stored days of readings. The view is the same for every consumer. */
export type DayView = {
  readonly days: readonly StoredDay[]
  /** Number of days that are past the retention period but still stored. */
  readonly daysOverdue: number
  readonly rowsOfRetiredDays: number
}

const gauges = {
  kept: ['telemetry_days_kept', 'Days of readings that are stored.'],
  overdue: ['telemetry_days_overdue', 'Days that are past the retention period but still stored.'],
  bytes: ['telemetry_days_bytes', 'Size of the stored days on disk in bytes, with indexes.'],
  rowsRetired: [
    'telemetry_rows_retired',
    'Rows that were dropped with days past the retention period.',
  ],
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
      // Removes the initial 0: before the first reading from the database the value is unknown.
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
