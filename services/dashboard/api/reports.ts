/** Times are ISO 8601 in UTC with six digits; days are like `2026-01-31`. */

export type ReportDay = {
  readonly day: string
  /** Midnight in the time zone of the report; `to` is the next one. */
  readonly from: string
  readonly to: string
  /** The hours (UTC) that begin in the day: 24, or 23 and 25 when clocks change. */
  readonly hours: number
  /** How many of them have been computed. The sums of the day are made of these. */
  readonly computedHours: number
}

/** What a vehicle did on a day. */
export type ReportRow = {
  readonly vin: string
  /** The name of the vehicle's device; null if it has none. */
  readonly name: string | null
  readonly day: string
  readonly distanceMillimetres: number
  readonly drivingMs: number
  readonly idleMs: number
  readonly stops: number
  /** Metres a second; null without a trip. */
  readonly maxSpeed: number | null
  readonly meanSpeed: number | null
  readonly readings: number
  readonly gaps: number
}

/** One page of `GET /api/reports`. */
export type Report = {
  readonly timeZone: string
  readonly days: readonly ReportDay[]
  /** Sorted by vin and day. A vehicle without readings on a day has no row. */
  readonly rows: readonly ReportRow[]
  /** The cursor of the next page; null on the last page. */
  readonly next: string | null
}
