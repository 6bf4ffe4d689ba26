import type { JsonObject, Reading } from '../reading/reading.ts'
import { toIsoMicroseconds } from '../time.ts'

/** The latest reading of a vehicle. Its metadata is text: as objects it would take twenty times the room. */
export type LatestReading = Omit<Reading, 'metadata'> & {
  /** JSON. */
  readonly metadata: string | null
  /** Microseconds since the Unix epoch. */
  readonly receivedAt: number
}

/** What is known of a vehicle now: its latest reading, and what came with it. */
export type LatestState = LatestReading & {
  /** Null where the reading is known from the table alone. */
  readonly receipt: string | null
  /** Readings missing in its sequence, as far as the sequence has been followed. */
  readonly gaps: number
}

/** The same as the API has it; times are ISO 8601 in UTC with six digits. */
export type VehicleStateJson = Omit<LatestState, 'recordedAt' | 'receivedAt' | 'metadata'> & {
  readonly recordedAt: string
  readonly receivedAt: string
  readonly metadata: JsonObject | null
}

/** A state as JSON in two parts: between them belongs its metadata. */
export function encodeAroundMetadata(state: LatestState): readonly [before: string, after: string] {
  const { vin, recordedAt, receivedAt, latitude, longitude, speed, heading, altitude } = state
  const { sequence, make, model, receipt, gaps } = state
  const times = {
    recordedAt: toIsoMicroseconds(recordedAt),
    receivedAt: toIsoMicroseconds(receivedAt),
  }
  const motion = { latitude, longitude, speed, heading, altitude }
  const before = JSON.stringify({ vin, ...times, ...motion, sequence, make, model })
  const after = JSON.stringify({ receipt, gaps })
  return [`${before.slice(0, -1)},"metadata":`, `,${after.slice(1)}`]
}

type Instant = Pick<Reading, 'recordedAt' | 'sequence'>

/** Whether one reading of a vehicle was made after another: by its own clock, never by arrival. */
export function isLater(left: Instant, right: Instant): boolean {
  if (left.recordedAt !== right.recordedAt) return left.recordedAt > right.recordedAt
  return left.sequence > right.sequence
}

export const vehicleActivities = ['moving', 'standing', 'stale', 'silent'] as const
export type VehicleActivity = (typeof vehicleActivities)[number]

/** Seconds from which on a reading is old. */
export type AgeLimits = { readonly staleAfterSeconds: number; readonly silentAfterSeconds: number }

/** Metres a second below which a vehicle stands: what GNSS noise alone makes. */
const minMovingSpeed = 0.5

/** @param nowMicros microseconds since the Unix epoch */
export function activityOf(
  state: Pick<LatestState, 'recordedAt' | 'speed'>,
  limits: AgeLimits,
  nowMicros: number,
): VehicleActivity {
  const ageSeconds = (nowMicros - state.recordedAt) / 1e6
  if (ageSeconds >= limits.silentAfterSeconds) return 'silent'
  if (ageSeconds >= limits.staleAfterSeconds) return 'stale'
  return state.speed < minMovingSpeed ? 'standing' : 'moving'
}
