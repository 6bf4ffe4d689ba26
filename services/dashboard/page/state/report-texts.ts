import type { Report, ReportDay, ReportRow } from '../../api/reports.ts'
import { formatCount, formatDayOfYear } from './format.ts'

/** The time in the middle of a day, so that it is on that day in the time zone of the report. */
const middleOf = ({ from, to }: ReportDay): number => (Date.parse(from) + Date.parse(to)) / 2

export const dayText = (day: ReportDay): string => formatDayOfYear(middleOf(day))

/** A sentence for each day that is not complete; days without any computed hour share one. */
export function dayNotices(days: readonly ReportDay[]): string[] {
  const empty = days.filter(({ computedHours }) => computedHours === 0)
  const partial = days.filter(
    ({ computedHours, hours }) => computedHours > 0 && computedHours < hours,
  )
  return [
    ...(empty.length === 0
      ? []
      : [`No hour has been computed yet: ${empty.map(dayText).join(', ')}.`]),
    ...partial.map(
      (day) =>
        `${dayText(day)}: ${formatCount(day.computedHours)} of ${formatCount(day.hours)} hours have been computed.`,
    ),
  ]
}

export type ReportTotal = Pick<
  ReportRow,
  'distanceMillimetres' | 'drivingMs' | 'idleMs' | 'stops'
> & { readonly vehicles: number; readonly maxSpeed: number | null }

export function totalOf(rows: Report['rows']): ReportTotal {
  const sum = (value: (row: ReportRow) => number) =>
    rows.reduce((total, row) => total + value(row), 0)
  const speeds = rows.flatMap(({ maxSpeed }) => maxSpeed ?? [])
  return {
    vehicles: new Set(rows.map(({ vin }) => vin)).size,
    distanceMillimetres: sum((row) => row.distanceMillimetres),
    drivingMs: sum((row) => row.drivingMs),
    idleMs: sum((row) => row.idleMs),
    stops: sum((row) => row.stops),
    maxSpeed: speeds.length === 0 ? null : Math.max(...speeds),
  }
}
