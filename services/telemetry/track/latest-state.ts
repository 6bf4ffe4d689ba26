import type { Micros } from '../time.ts'
import type { JsonObject, Reading } from '../reading/reading.ts'
import { toIsoMicroseconds } from '../time.ts'

/** The latest reading of a vehicle. Its metadata stays text, because objects would need twenty times the memory. */
export type LatestReading = Omit<Reading, 'metadata'> & {
  /** JSON text. */
  readonly metadata: string | null
  /** Microseconds since the Unix epoch. */
  readonly receivedAt: Micros
}

/** The current state of a vehicle: its latest reading, receipt and sequence gaps. */
export type LatestState = LatestReading & {
  /** Null if the reading was read from the table. */
  readonly receipt: string | null
  /** Number of readings missing in its sequence since the first one that was seen. */
  readonly gaps: number
}

/** What the device of a vehicle adds to its state. Most vehicles have none, so it is left out. */
export type DeviceLabel = {
  /** The name of the device, if it is not the vin. */
  readonly name?: string
  /** Further ids that the device sends; left out without any. */
  readonly aliases?: readonly string[]
}

/** `LatestState` as the API returns it; times are ISO 8601 in UTC with six digits. */
export type VehicleStateJson = Omit<LatestState, 'recordedAt' | 'receivedAt' | 'metadata'> &
  DeviceLabel & {
    readonly recordedAt: string
    readonly receivedAt: string
    readonly metadata: JsonObject | null
  }

/** Encodes a state as two pieces of JSON; the caller puts the metadata between them. */
export function encodeAroundMetadata(
  state: LatestState,
  label: DeviceLabel,
): readonly [before: string, after: string] {
  const { vin, recordedAt, receivedAt, latitude, longitude, speed, heading, altitude } = state
  const { sequence, make, model, receipt, gaps } = state
  const times = {
    recordedAt: toIsoMicroseconds(recordedAt),
    receivedAt: toIsoMicroseconds(receivedAt),
  }
  const motion = { latitude, longitude, speed, heading, altitude }
  const before = JSON.stringify({ vin, ...times, ...motion, sequence, make, model })
  const after = JSON.stringify({ receipt, gaps, ...label })
  return [`${before.slice(0, -1)},"metadata":`, `,${after.slice(1)}`]
}

type ReadingInstant = Pick<Reading, 'recordedAt' | 'sequence'>

/** Whether `left` was recorded after `right`, by the vehicle's clock; the order of arrival does not matter. */
export function isLater(left: ReadingInstant, right: ReadingInstant): boolean {
  if (left.recordedAt !== right.recordedAt) return left.recordedAt > right.recordedAt
  return left.sequence > right.sequence
}

export const vehicleActivities = ['moving', 'standing', 'stale', 'silent'] as const
export type VehicleActivity = (typeof vehicleActivities)[number]

/** Ages of the latest reading, in seconds, from which a vehicle is stale or silent. */
export type AgeLimits = { readonly staleAfterSeconds: number; readonly silentAfterSeconds: number }

/** Metres per second. A slower vehicle counts as standing, because GNSS noise alone shows such speeds. */
const minMovingSpeed = 0.5

/** @param nowMicros microseconds since the Unix epoch */
export function activityOf(
  state: Pick<LatestState, 'recordedAt' | 'speed'>,
  limits: AgeLimits,
  nowMicros: Micros,
): VehicleActivity {
  const ageSeconds = (nowMicros - state.recordedAt) / 1e6
  if (ageSeconds >= limits.silentAfterSeconds) return 'silent'
  if (ageSeconds >= limits.staleAfterSeconds) return 'stale'
  // Without a speed it counts as standing: phones leave it out mostly when they stand.
  return (state.speed ?? 0) < minMovingSpeed ? 'standing' : 'moving'
}
