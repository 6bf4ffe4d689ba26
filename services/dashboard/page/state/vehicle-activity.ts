import { toMicros } from '../../../telemetry/time.ts'
import type { AgeLimits, VehicleActivity } from '../../../telemetry/track/latest-state.ts'
import { activityOf, vehicleActivities } from '../../../telemetry/track/latest-state.ts'
import type { Vehicle } from '../../api/vehicles.ts'

export type { VehicleActivity }
export { vehicleActivities }

/**
 * @param speed metres a second; null if it is not known
 * @param ageMs milliseconds since the reading was recorded
 */
export function stateOf(speed: number | null, ageMs: number, limits: AgeLimits): VehicleActivity {
  return activityOf({ recordedAt: 0, speed }, limits, toMicros(ageMs))
}

/** Whether `next` was recorded after `last`; at equal times the sequence decides. */
export function isNewer(next: Vehicle, last: Vehicle): boolean {
  const differenceMs = Date.parse(next.recordedAt) - Date.parse(last.recordedAt)
  if (differenceMs !== 0) return differenceMs > 0
  // Date.parse has a precision of milliseconds; the texts have microseconds.
  if (next.recordedAt !== last.recordedAt) return next.recordedAt > last.recordedAt
  return next.sequence > last.sequence
}

/** Whether all fields are equal. Metadata is compared last, as JSON, because it is expensive. */
export function isEqual(a: Vehicle, b: Vehicle): boolean {
  const names = Object.keys({ ...a, ...b }) as (keyof Vehicle)[]
  return (
    names.every((name) => encodedFields.has(name) || a[name] === b[name]) &&
    a.aliases?.join('\n') === b.aliases?.join('\n') &&
    JSON.stringify(a.metadata) === JSON.stringify(b.metadata)
  )
}

/** Fields that are objects. Each message has new ones. */
const encodedFields: ReadonlySet<keyof Vehicle> = new Set(['aliases', 'metadata'])
