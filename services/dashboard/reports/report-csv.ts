import { csvText } from '../history/formats/csv-text.ts'
import type { Report, ReportDay, ReportRow } from '../api/reports.ts'

const header =
  'vin,day,distance_m,driving_s,idle_s,stops,max_speed_m_s,mean_speed_m_s,readings,gaps,hours,computed_hours,name'
const numberColumns = 8

/**
 * One line for each vehicle and day. A day of which no hour has been computed has one line without a
 * vin and without numbers.
 */
export function toReportCsv({ days, rows }: Report): string {
  const byDay = new Map(days.map((day) => [day.day, day]))
  const lines = rows.map((row) => lineOf(row, byDay.get(row.day)))
  const empty = days
    .filter(({ computedHours }) => computedHours === 0)
    .map((day) =>
      ['', day.day, ...Array<string>(numberColumns).fill(''), ...hoursOf(day), ''].join(),
    )
  return [header, ...lines, ...empty, ''].join('\r\n')
}

function lineOf(row: ReportRow, day: ReportDay | undefined): string {
  return [
    row.vin,
    row.day,
    thousandths(row.distanceMillimetres),
    thousandths(row.drivingMs),
    thousandths(row.idleMs),
    row.stops,
    speed(row.maxSpeed),
    speed(row.meanSpeed),
    row.readings,
    row.gaps,
    ...(day ? hoursOf(day) : ['', '']),
    csvText(row.name),
  ].join()
}

const hoursOf = ({ hours, computedHours }: ReportDay) => [hours, computedHours]
const thousandths = (value: number): string => (value / 1000).toFixed(3)
const speed = (value: number | null): string => value?.toFixed(3) ?? ''
