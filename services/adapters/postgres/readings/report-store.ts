import type pg from 'pg'
import { toIsoMicroseconds } from '../../../telemetry/time.ts'
import type { TripSpan } from '../../../telemetry/trips/trip.ts'
import { sqlStatement } from '../sql-file.ts'

/** The sums of the hours of a vehicle on a day. */
export type DayOfVehicle = {
  readonly vin: string
  /** Of the requested days, from 1. */
  readonly dayNumber: number
  readonly distanceMillimetres: number
  readonly drivingMs: number
  readonly idleMs: number
  readonly stops: number
  readonly maxSpeed: number | null
  readonly readings: number
  readonly gaps: number
}

type Page = {
  /** The first vehicle follows this vin. */
  readonly after: string
  /** Maximum number of vehicles. */
  readonly limit: number
}

/** Reads the reports from the table of hours. A day has the hours that begin in it. */
export class PostgresReportStore {
  readonly #pool: pg.Pool

  constructor(pool: pg.Pool) {
    this.#pool = pool
  }

  /** How many hours of each day have been computed. */
  async computedHours(days: readonly TripSpan[]): Promise<number[]> {
    const statement = sqlStatement('computed-hours')
    const { rows } = await this.#pool.query<{ computed: number }>(statement, toColumns(days))
    return rows.map(({ computed }) => computed)
  }

  /** The vehicles that have hours in the days, by vin and day. @param days without gaps */
  async daysOfVehicles(days: readonly TripSpan[], { after, limit }: Page): Promise<DayOfVehicle[]> {
    const values = [...toColumns(days), after, limit]
    const statement = sqlStatement('report-of-vehicles')
    return (await this.#pool.query<DayOfVehicle>(statement, values)).rows
  }
}

function toColumns(days: readonly TripSpan[]): [from: string[], to: string[]] {
  return [
    days.map(({ from }) => toIsoMicroseconds(from)),
    days.map(({ to }) => toIsoMicroseconds(to)),
  ]
}
