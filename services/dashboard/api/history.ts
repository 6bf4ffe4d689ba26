/** Times are ISO 8601 in UTC with six digits. */
type TimeSpan = { readonly from: string; readonly to: string }

/** Milliseconds since the Unix epoch, longitude, latitude, speed in m/s, heading in degrees. */
export type TrackPoint = readonly [
  at: number,
  longitude: number,
  latitude: number,
  speed: number | null,
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

/** A trip or a stop, cut off at the borders of the requested span. */
type CutSpan = TimeSpan & {
  /** Whether it began before the requested span. `from` is then the beginning of that span. */
  readonly beganBefore: boolean
  /** Whether it goes on after the requested span. `to` is then the end of that span. */
  readonly endsAfter: boolean
}

export type Trip = CutSpan & {
  /** Metres. */
  readonly distance: number
  /** Metres a second. The highest plausible speed that was reported, or `meanSpeed` if that is higher. */
  readonly maxSpeed: number
  readonly meanSpeed: number
  readonly start: Position
  readonly end: Position
  /** The number of its readings within the requested span. */
  readonly readings: number
}

export type Stop = CutSpan & { readonly at: Position }

export type TripsAndStops = { readonly trips: readonly Trip[]; readonly stops: readonly Stop[] }

/** `GET /api/vehicles/{vin}/trips`. */
export type VehicleTrips = TripsAndStops & TimeSpan & { readonly vin: string }
