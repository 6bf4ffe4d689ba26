import type { Place } from '../track/distance.ts'
import type { Micros } from '../time.ts'
import type { TimedPlace } from '../track/simplify-track.ts'

/** The parts of a reading that define trips; times in microseconds since the Unix epoch. */
export type TripReading = TimedPlace & { readonly speed: number | null }

/** From `from` (inclusive) to `to` (exclusive), in microseconds since the Unix epoch. */
export type TripSpan = { readonly from: Micros; readonly to: Micros }

type Clipped = TripSpan & {
  /** Whether it began before the span, so that `from` is the beginning of the span. */
  readonly beganBefore: boolean
  /** Whether it goes on after the span, so that `to` is the end of the span. */
  readonly endsAfter: boolean
}

/** A drive between two stops. Distance in metres, speeds in metres per second. */
export type Trip = Clipped & {
  readonly distance: number
  readonly maxSpeed: number
  readonly meanSpeed: number
  readonly start: Place
  readonly end: Place
  readonly readings: number
}

export type Stop = Clipped & { readonly at: Place }

export type TripsAndStops = { readonly trips: readonly Trip[]; readonly stops: readonly Stop[] }
