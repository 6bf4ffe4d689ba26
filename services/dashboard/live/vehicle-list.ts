import type { Micros } from '../../telemetry/time.ts'
import * as z from 'zod'
import type {
  AgeLimits,
  DeviceLabel,
  LatestState,
  VehicleActivity,
} from '../../telemetry/track/latest-state.ts'
import { activityOf, vehicleActivities } from '../../telemetry/track/latest-state.ts'
import type { Query } from '../http/query.ts'
import { cursor, integer, oneOf, text, toCursor } from '../http/query-parameters.ts'

/** The parameters of `GET /api/vehicles`. */
export const vehicleQuery = z.object({
  search: text(100)
    .optional()
    .describe('Text to find in name, vin, alias, make or model. Case is ignored.'),
  state: oneOf(vehicleActivities)
    .optional()
    .describe('Activity of the vehicle, from the age and the speed of its last reading.'),
  limit: integer({ min: 1, max: 1000 })
    .default(100)
    .describe('Maximum number of vehicles per page.'),
  cursor,
})

export type VehicleQuery = {
  /** Text in name, vin, alias, make or model; case is ignored. */
  readonly search: string | undefined
  readonly state: VehicleActivity | undefined
  readonly limit: number
  /** The page starts after this vin. */
  readonly after: string
}

export type VehiclePage = {
  readonly vins: readonly string[]
  /** The cursor of the next page; null on the last page. */
  readonly next: string | null
}

export function readVehicleQuery(query: Query): VehicleQuery {
  const { search, state, limit, cursor: after = '' } = query.read(vehicleQuery)
  return { search, state, limit, after }
}

type ListContext = {
  readonly limits: AgeLimits
  /** Microseconds since the Unix epoch. */
  readonly now: Micros
  readonly labelOf: (vin: string) => DeviceLabel
}

/** One page of the vehicles that match the query, sorted by vin. */
export function listVehicles(
  states: readonly LatestState[],
  { search, state, limit, after }: VehicleQuery,
  { limits, now, labelOf }: ListContext,
): VehiclePage {
  const searchText = search?.toLowerCase()
  const matching = states
    .filter((vehicle) => vehicle.vin > after)
    .filter(
      (vehicle) =>
        searchText === undefined ||
        matchesSearch({ ...vehicle, ...labelOf(vehicle.vin) }, searchText),
    )
    .filter((vehicle) => state === undefined || activityOf(vehicle, limits, now) === state)
    .map(({ vin }) => vin)
    .sort()
  const vins = matching.slice(0, limit)
  const last = vins.at(-1)
  return { vins, next: matching.length > limit && last !== undefined ? toCursor(last) : null }
}

function matchesSearch(vehicle: LatestState & DeviceLabel, searchText: string): boolean {
  const { name, aliases = [], vin, make, model } = vehicle
  return [name, vin, ...aliases, make, model, `${make ?? ''} ${model ?? ''}`].some((text) =>
    text?.toLowerCase().includes(searchText),
  )
}
