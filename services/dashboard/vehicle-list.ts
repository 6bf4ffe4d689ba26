import type { AgeLimits, VehicleActivity, VehicleState } from '../telemetry/vehicle-state.ts'
import { activityOf, vehicleActivities } from '../telemetry/vehicle-state.ts'
import type { Query } from './query.ts'
import { QueryError } from './query.ts'

/** Which vehicles are asked for, and how many at once. */
export type VehicleWish = {
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

export function readVehicleWish(query: Query): VehicleWish {
  const wish = {
    search: query.text('search', 100),
    state: query.oneOf('state', vehicleActivities),
    limit: query.integer('limit', { least: 1, most: 1000, fallback: 100 }),
    after: readCursor(query),
  }
  query.finish()
  return wish
}

/** A vin in a form that nobody takes for one: what it stands for may change. */
export function toCursor(vin: string): string {
  return Buffer.from(vin).toString('base64url')
}

export function readCursor(query: Query): string {
  const text = query.text('cursor', 100)
  if (text === undefined) return ''
  const vin = Buffer.from(text, 'base64url').toString('utf8')
  if (toCursor(vin) === text) return vin
  throw new QueryError('cursor is the next of an answer before.')
}

/**
 * The vehicles that are asked for, by vin.
 *
 * @param now microseconds since the Unix epoch
 */
export function pickVehicles(
  states: readonly VehicleState[],
  { search, state, limit, after }: VehicleWish,
  at: { readonly limits: AgeLimits; readonly now: number },
): VehiclePage {
  const wanted = search?.toLowerCase()
  const matching = states
    .filter((each) => each.vin > after)
    .filter((each) => wanted === undefined || isFoundBy(each, wanted))
    .filter((each) => state === undefined || activityOf(each, at.limits, at.now) === state)
    .map(({ vin }) => vin)
    .sort()
  const vins = matching.slice(0, limit)
  const last = vins.at(-1)
  return { vins, next: matching.length > limit && last !== undefined ? toCursor(last) : null }
}

function isFoundBy({ vin, make, model }: VehicleState, wanted: string): boolean {
  return [vin, make, model, `${make ?? ''} ${model ?? ''}`].some((text) =>
    text?.toLowerCase().includes(wanted),
  )
}
