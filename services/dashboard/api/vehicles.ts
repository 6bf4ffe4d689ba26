import type { VehicleStateJson } from '../../telemetry/track/latest-state.ts'

/** `GET /api/vehicles/{vin}`: the reading of the vehicle with the latest `recordedAt`. */
export type Vehicle = VehicleStateJson

/** One page of `GET /api/vehicles`. */
export type Vehicles = {
  readonly vehicles: readonly Vehicle[]
  /** The cursor of the next page; null on the last page. */
  readonly next: string | null
}

/** The events `snapshot` and `update` on the stream. */
export type VehiclesMessage = {
  readonly now: string
  readonly vehicles: readonly Vehicle[]
  /** Vins of the vehicles that the dashboard has removed. */
  readonly gone?: readonly string[]
}
