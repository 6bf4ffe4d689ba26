import type { EncodedRow } from '../../ledger/table-schema.ts'
import type { Micros } from '../time.ts'

export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }
export type JsonObject = { readonly [key: string]: JsonValue }

/** What one vehicle observed at one instant. `readingFields` has the units. */
export type Reading = {
  readonly vin: string
  /** Whole microseconds since the Unix epoch. */
  readonly recordedAt: Micros
  readonly sequence: number
  readonly latitude: number
  readonly longitude: number
  readonly altitude: number | null
  /** Null if the device does not know it. */
  readonly speed: number | null
  readonly heading: number | null
  readonly make: string | null
  readonly model: string | null
  readonly metadata: JsonObject | null
}

/** A reading and the time at which the producer received it. It becomes a row. */
export type ReceivedReading = {
  readonly reading: Reading
  /** Microseconds since the Unix epoch. */
  readonly receivedAt: Micros
  /** The row as the database reads it, if decoding has encoded it. */
  readonly encoded?: EncodedRow
}

/** The faults for which a reading is refused, one code for each. */
export const refusalCodes = [
  'not-an-object',
  'unknown-field',
  'missing-field',
  'wrong-type',
  'not-finite',
  'out-of-range',
  'invalid-vin',
  'invalid-timestamp',
  'time-too-far-ahead',
  'time-too-old',
  'text-too-long',
  'unstorable-text',
  'metadata-too-large',
  'metadata-too-deep',
] as const
export type RefusalCode = (typeof refusalCodes)[number]

/** The refusal codes that only requests of phones and trackers have. */
export const deviceRefusalCodes = ['missing-timestamp', 'unreadable-request'] as const
export type DeviceRefusalCode = RefusalCode | (typeof deviceRefusalCodes)[number]

/** Why a position of a phone or tracker is refused for good. */
export type DeviceRefusal = { readonly code: DeviceRefusalCode; readonly detail: string }

/** Why one reading is refused: a stable code for programs, and a sentence for people. */
export type Refusal = { readonly code: RefusalCode; readonly detail: string }

export type ParsedReading =
  | { readonly ok: true; readonly reading: Reading }
  | { readonly ok: false; readonly refusal: Refusal }

/** The allowed times of a reading: `retentionMicros` before `receivedAt`, up to 5 minutes after it. */
export type TimeWindow = {
  /** When the reading arrived, in microseconds since the Unix epoch. */
  readonly receivedAt: Micros
  /** How long readings are kept; older ones are refused. */
  readonly retentionMicros: Micros
}

/** A vehicle's clock may be five minutes ahead of the producer's clock. */
export const maxClockAheadMicros = 5 * 60 * 1_000_000
export const microsecondsPerDay = 86_400 * 1_000_000
