import * as z from 'zod'
import type { AgeLimits, VehicleActivity, LatestState } from '../../telemetry/track/latest-state.ts'
import { activityOf, vehicleActivities } from '../../telemetry/track/latest-state.ts'
import type { Query } from '../http/query.ts'
import { cursor, integer, oneOf, text, toCursor } from '../http/query-parameters.ts'

/** Of `GET /api/vehicles`. */
export const vehicleQuery = z.object({
  search: text(100).optional().describe('In vin, make or model, whatever the case.'),
  state: oneOf(vehicleActivities)
    .optional()
    .describe('By the age of the last reading, and its speed.'),
  limit: integer({ least: 1, most: 1000 }).default(100).describe('How many at most.'),
  cursor,
})

/** Which vehicles are asked for, and how many at once. */
export type VehicleQuery = {
  /** In vin, make or model, whatever the case. */
  readonly search: string | undefined
  readonly state: VehicleActivity | undefined
  readonly limit: number
  /** All vins are after this one. */
  readonly after: string
}

export type VehiclePage = {
  readonly vins: readonly string[]
  /** Where the next page begins; null after the last. */
  readonly next: string | null
}

export function readVehicleQuery(query: Query): VehicleQuery {
  const { search, state, limit, cursor: after = '' } = query.read(vehicleQuery)
  return { search, state, limit, after }
}

/**
 * The vehicles that are asked for, by vin.
 *
 * @param now microseconds since the Unix epoch
 */
export function listVehicles(
  states: readonly LatestState[],
  { search, state, limit, after }: VehicleQuery,
  at: { readonly limits: AgeLimits; readonly now: number },
): VehiclePage {
  const wanted = search?.toLowerCase()
  const matching = states
    .filter((each) => each.vin > after)
    .filter((each) => wanted === undefined || matchesSearch(each, wanted))
    .filter((each) => state === undefined || activityOf(each, at.limits, at.now) === state)
    .map(({ vin }) => vin)
    .sort()
  const vins = matching.slice(0, limit)
  const last = vins.at(-1)
  return { vins, next: matching.length > limit && last !== undefined ? toCursor(last) : null }
}

function matchesSearch({ vin, make, model }: LatestState, wanted: string): boolean {
  return [vin, make, model, `${make ?? ''} ${model ?? ''}`].some((text) =>
    text?.toLowerCase().includes(wanted),
  )
}
