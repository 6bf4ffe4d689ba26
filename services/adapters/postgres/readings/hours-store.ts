import type pg from 'pg'
import { toIsoMicroseconds } from '../../../telemetry/time.ts'
import type { TripRules } from '../../../telemetry/trips/trip-rules.ts'
import type { TripSpan } from '../../../telemetry/trips/trip.ts'
import { hourOf, microsPerHour, readSpanOf } from '../../../telemetry/vehicle-hours/hours.ts'
import type { VehicleHour } from '../../../telemetry/vehicle-hours/vehicle-hour.ts'
import { vehicleHourOf } from '../../../telemetry/vehicle-hours/vehicle-hour.ts'
import { sqlStatement } from '../sql-file.ts'
import { readingsByVehicle } from './vehicle-readings.ts'

export type HoursOrder = TripSpan & {
  /** A connection in a transaction. */
  readonly client: pg.ClientBase
  /** The table of readings. */
  readonly table: string
  readonly rules: TripRules
}

/** Counts of what was written. */
export type HoursComputed = { readonly hours: number; readonly rows: number }

/**
 * Computes the hours (UTC) from `from` to `to` and replaces their rows in the transaction of the
 * client. Hours that depend on readings that retention has deleted stay as they are.
 *
 * An hour depends on the readings of `borderMinutes` after it. If it is computed earlier, it must be
 * computed again when those come: see `hoursTouchedBy`.
 *
 * @throws Error if `from` or `to` is not the beginning of an hour
 */
export async function computeVehicleHours(order: HoursOrder): Promise<HoursComputed> {
  const { from, to } = order
  if (hourOf(from) !== from || hourOf(to) !== to) {
    throw new Error(
      `${toIsoMicroseconds(from)} to ${toIsoMicroseconds(to)} are not whole hours in UTC. A window of vehicle_hour must begin and end with an hour.`,
    )
  }
  const computed = { hours: 0, rows: 0 }
  for (let hour = from; hour < to; hour += microsPerHour) {
    const rows = await replaceHour(order, hour)
    if (rows === undefined) continue
    computed.hours += 1
    computed.rows += rows
  }
  return computed
}

/** @returns the number of rows; undefined if the hour stays as it is */
async function replaceHour(
  { client, table, rules }: HoursOrder,
  hour: number,
): Promise<number | undefined> {
  const span = readSpanOf(hour, rules)
  const begin = toIsoMicroseconds(hour)
  const days = [span.from, span.to].map(toIsoMicroseconds)
  const recorded = await client.query(sqlStatement('record-computed-hour'), [begin, ...days])
  if (recorded.rowCount === 0) return undefined
  await client.query(sqlStatement('delete-vehicle-hours'), [begin])
  const rows: [vin: string, hour: VehicleHour][] = []
  for await (const { vin, readings } of readingsByVehicle(client, table, span)) {
    const computed = vehicleHourOf(readings, rules, hour)
    if (computed) rows.push([vin, computed])
  }
  const columns = columnNames.map((name) => rows.map(([, row]) => row[name]))
  const vins = rows.map(([vin]) => vin)
  await client.query(sqlStatement('insert-vehicle-hours'), [begin, vins, ...columns])
  return rows.length
}

/** In the order of the statement. */
const columnNames = [
  'distanceMillimetres',
  'drivingMs',
  'idleMs',
  'maxSpeed',
  'meanSpeed',
  'readings',
  'gaps',
  'stops',
] as const satisfies readonly (keyof VehicleHour)[]
