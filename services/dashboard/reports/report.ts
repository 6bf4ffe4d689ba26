import type {
  DayOfVehicle,
  PostgresReportStore,
} from '../../adapters/postgres/readings/report-store.ts'
import { toIsoMicroseconds } from '../../telemetry/time.ts'
import type { Report, ReportDay, ReportRow } from '../api/reports.ts'
import { toCursor } from '../http/query-parameters.ts'
import type { LocalDay } from './days.ts'
import type { ReportQuery } from './report-query.ts'

/** Limit of the rows of a file. */
const maxFileRows = 100_000
/** Vehicles of a query for a file. */
const fileVehicles = 1_000

/** The file would have more than `maxFileRows` rows. */
export class ReportTooLongError extends Error {
  readonly code = 'REPORT_TOO_LONG'
  constructor() {
    super(`The report has more than ${maxFileRows} rows. Request fewer days.`)
    this.name = 'ReportTooLongError'
  }
}

/** The name of a vehicle's device; null if it has none. */
export type NameOf = (vin: string) => string | null

/** Reads one page. */
export async function readReport(
  store: PostgresReportStore,
  query: ReportQuery,
  nameOf: NameOf,
): Promise<Report> {
  const { timeZone, days, after, limit } = query
  const reportDays = await readDays(store, days)
  // One vehicle more tells whether there is another page.
  const found = await store.daysOfVehicles(days, { after, limit: limit + 1 })
  const vins = [...new Set(found.map(({ vin }) => vin))]
  const last = vins[limit - 1]
  const hasMore = vins.length > limit && last !== undefined
  const shown = hasMore ? found.filter(({ vin }) => vin !== vins[limit]) : found
  const rows = shown.map((row) => toRow(row, days, nameOf))
  return { timeZone, days: reportDays, rows, next: hasMore ? toCursor(last) : null }
}

/**
 * Reads all vehicles.
 *
 * @throws ReportTooLongError
 */
export async function readWholeReport(
  store: PostgresReportStore,
  { timeZone, days }: ReportQuery,
  nameOf: NameOf,
): Promise<Report> {
  const reportDays = await readDays(store, days)
  const rows: ReportRow[] = []
  for (let after = ''; ;) {
    const found = await store.daysOfVehicles(days, { after, limit: fileVehicles })
    for (const row of found) rows.push(toRow(row, days, nameOf))
    if (rows.length > maxFileRows) throw new ReportTooLongError()
    const last = found.at(-1)
    if (last === undefined) return { timeZone, days: reportDays, rows, next: null }
    after = last.vin
  }
}

async function readDays(
  store: PostgresReportStore,
  days: readonly LocalDay[],
): Promise<ReportDay[]> {
  const computed = await store.computedHours(days)
  return days.map(({ day, from, to, hours }, index) => ({
    day,
    from: toIsoMicroseconds(from),
    to: toIsoMicroseconds(to),
    hours,
    computedHours: computed[index] ?? 0,
  }))
}

function toRow(
  { vin, dayNumber, ...sums }: DayOfVehicle,
  days: readonly LocalDay[],
  nameOf: NameOf,
): ReportRow {
  const { distanceMillimetres, drivingMs } = sums
  const meanSpeed = drivingMs === 0 ? null : distanceMillimetres / drivingMs
  return { vin, name: nameOf(vin), day: days[dayNumber - 1]?.day ?? '', ...sums, meanSpeed }
}
