import type { AgeLimits, VehicleActivity } from '../../../telemetry/track/latest-state.ts'
import { activityOf, vehicleActivities } from '../../../telemetry/track/latest-state.ts'
import type { Vehicle } from '../../api/vehicles.ts'

export type { VehicleActivity }
export { vehicleActivities }

/** @param ageMs milliseconds since the reading was recorded */
export function stateOf(speed: number, ageMs: number, limits: AgeLimits): VehicleActivity {
  return activityOf({ recordedAt: 0, speed }, limits, ageMs * 1000)
}

/** Whether `next` was recorded after `last`; equal times are told apart by the sequence. */
export function isNewer(next: Vehicle, last: Vehicle): boolean {
  const ahead = Date.parse(next.recordedAt) - Date.parse(last.recordedAt)
  if (ahead !== 0) return ahead > 0
  // Date.parse knows milliseconds only; the texts have six digits.
  if (next.recordedAt !== last.recordedAt) return next.recordedAt > last.recordedAt
  return next.sequence > last.sequence
}

/** Whether all that is known is the same; metadata is looked at only where everything else is. */
export function isEqual(a: Vehicle, b: Vehicle): boolean {
  const names = Object.keys(a) as (keyof Vehicle)[]
  return (
    names.every((name) => name === 'metadata' || a[name] === b[name]) &&
    JSON.stringify(a.metadata) === JSON.stringify(b.metadata)
  )
}
