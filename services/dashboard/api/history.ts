/** Times are ISO 8601 in UTC with six digits. */
type TimeSpan = { readonly from: string; readonly to: string }

/** Milliseconds since the Unix epoch, longitude, latitude, speed in m/s, heading in degrees. */
export type TrackPoint = readonly [
  at: number,
  longitude: number,
  latitude: number,
  speed: number,
  heading: number | null,
]

export type Track = { readonly vin: string; readonly points: readonly TrackPoint[] }

export type SimplifiedTrack = Track & {
  /** The number of readings in the span, before simplification. */
  readonly total: number
  readonly isSimplified: boolean
}

/** `GET /api/vehicles/{vin}/track`. */
export type VehicleTrack = SimplifiedTrack & TimeSpan

/** One page of `GET /api/tracks`. */
export type Tracks = TimeSpan & {
  readonly tracks: readonly SimplifiedTrack[]
  /** The cursor of the next page; null on the last page. */
  readonly next: string | null
}

type Position = readonly [longitude: number, latitude: number]

export type Trip = TimeSpan & {
  /** Metres. */
  readonly distance: number
  /** Metres a second. */
  readonly maxSpeed: number
  readonly meanSpeed: number
  readonly start: Position
  readonly end: Position
  readonly readings: number
}

export type Stop = TimeSpan & { readonly at: Position }

export type TripsAndStops = { readonly trips: readonly Trip[]; readonly stops: readonly Stop[] }

/** `GET /api/vehicles/{vin}/trips`. */
export type VehicleTrips = TripsAndStops & TimeSpan & { readonly vin: string }
