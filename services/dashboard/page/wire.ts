import type { Account } from '../../ledger/account.ts'
import type { VehicleStateJson } from '../../telemetry/vehicle-state.ts'

/** What the dashboard's API says, as JSON. Times are ISO 8601 in UTC. */

/** The latest reading of a vehicle, by when it was recorded. */
export type Vehicle = VehicleStateJson

/** `snapshot` and `update` on the stream. */
export type VehiclesMessage = {
  readonly now: string
  readonly vehicles: readonly Vehicle[]
  /** Vins of vehicles that are no longer known. */
  readonly gone?: readonly string[]
}

/** Milliseconds since the Unix epoch, longitude, latitude, speed in m/s, heading in degrees. */
export type TrackPoint = readonly [
  at: number,
  longitude: number,
  latitude: number,
  speed: number,
  heading: number | null,
]

export type Track = { readonly vin: string; readonly points: readonly TrackPoint[] }

/** `GET /api/vehicles/{vin}/track`. */
export type VehicleTrack = Track & {
  readonly from: string
  readonly to: string
  /** Readings in the span. */
  readonly total: number
  readonly isSimplified: boolean
}

/** `GET /api/tracks`: a page of them. */
export type Tracks = { readonly tracks: readonly Track[]; readonly next: string | null }

type Position = readonly [longitude: number, latitude: number]

export type Trip = {
  readonly from: string
  readonly to: string
  /** Metres. */
  readonly distance: number
  /** Metres a second. */
  readonly maxSpeed: number
  readonly meanSpeed: number
  readonly start: Position
  readonly end: Position
  readonly readings: number
}

export type Stop = { readonly from: string; readonly to: string; readonly at: Position }

/** `GET /api/vehicles/{vin}/trips`. */
export type TripsAndStops = { readonly trips: readonly Trip[]; readonly stops: readonly Stop[] }

/** `GET /api/settings`. */
export type Settings = {
  readonly map: {
    readonly tiles?: string
    readonly pmtiles?: string
    /** Whose map the tiles are. */
    readonly attribution?: string
  }
  readonly origin: { readonly latitude: number; readonly longitude: number }
  readonly staleAfterSeconds: number
  readonly silentAfterSeconds: number
  /** Whether everything else must be asked for with a token. */
  readonly needsToken: boolean
  /** Where vehicles report to. */
  readonly eventsUrl: string
}

/** Milliseconds; null where nothing has passed lately. */
type Percentiles = { readonly p50: number | null; readonly p99: number | null }

/** `GET /api/ledger`. */
export type Ledger = Account & {
  /** Whether the database has answered. */
  readonly isKnown: boolean
  /** Of the account against the rows themselves; null where there has been none. */
  readonly lastCheck: { readonly checkedAt: string; readonly rowImbalance: number } | null
}

export type DeadLetters = {
  readonly reason: string
  readonly count: number
  readonly latest: {
    readonly receipt: string
    readonly detail: string
    /** The beginning of its record. */
    readonly text: string
  } | null
}

/** The last hour: one value of each for each moment. */
export type HealthHistory = {
  /** Milliseconds since the Unix epoch. */
  readonly at: readonly number[]
  readonly received: readonly (number | null)[]
  readonly stored: readonly (number | null)[]
  readonly p50: readonly (number | null)[]
  readonly p99: readonly (number | null)[]
  readonly lag: readonly (number | null)[]
}

/** `GET /api/health`, and `health` on the stream, there without the history. */
export type Health = {
  readonly services: readonly { readonly name: string; readonly up: boolean }[]
  /** Readings a second. */
  readonly rates: { readonly received: number | null; readonly stored: number | null }
  /** From recorded to stored. */
  readonly latency: Percentiles
  /** Readings by partition that are not stored yet; null where that is not known. */
  readonly lag: readonly (number | null)[]
  /** Null while it is not known whether there are any. */
  readonly deadLetters: readonly DeadLetters[] | null
  readonly ledger: Ledger
  readonly history?: HealthHistory
}
