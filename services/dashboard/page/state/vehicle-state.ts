import type { Vehicle } from '../wire.ts'

/** What a vehicle does, as far as its last reading tells at this moment. */
export const vehicleStates = ['moving', 'standing', 'stale', 'silent'] as const
export type VehicleState = (typeof vehicleStates)[number]

/** Seconds after which a reading is no longer believed. */
export type AgeLimits = { readonly staleAfterSeconds: number; readonly silentAfterSeconds: number }

/** Metres a second below which a vehicle stands: receivers report some speed at rest. */
const standingBelow = 0.5

/** @param age milliseconds since the reading was recorded */
export function stateOf(speed: number, age: number, limits: AgeLimits): VehicleState {
  if (age >= limits.silentAfterSeconds * 1000) return 'silent'
  if (age >= limits.staleAfterSeconds * 1000) return 'stale'
  return speed < standingBelow ? 'standing' : 'moving'
}

/** Whether `next` was recorded after `last`; equal times are told apart by the sequence. */
export function isNewer(next: Vehicle, last: Vehicle): boolean {
  const ahead = Date.parse(next.recordedAt) - Date.parse(last.recordedAt)
  if (ahead !== 0) return ahead > 0
  // Date.parse knows milliseconds only; the texts have six digits.
  if (next.recordedAt !== last.recordedAt) return next.recordedAt > last.recordedAt
  return next.sequence > last.sequence
}
