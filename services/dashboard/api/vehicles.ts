import type { VehicleStateJson } from '../../telemetry/track/latest-state.ts'

/** The latest reading of a vehicle, by when it was recorded: `GET /api/vehicles/{vin}`. */
export type Vehicle = VehicleStateJson

/** `GET /api/vehicles`: a page of them. */
export type Vehicles = {
  readonly vehicles: readonly Vehicle[]
  /** The cursor of the next page; null on the last. */
  readonly next: string | null
}

/** `snapshot` and `update` on the stream. */
export type VehiclesMessage = {
  readonly now: string
  readonly vehicles: readonly Vehicle[]
  /** Vins of vehicles that are no longer known. */
  readonly gone?: readonly string[]
}
