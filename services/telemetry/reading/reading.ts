export type JsonValue =
  string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue }
export type JsonObject = { readonly [key: string]: JsonValue }

/** What one vehicle observed at one instant. Units are those of `readingFields`. */
export type Reading = {
  readonly vin: string
  /** Microseconds since the Unix epoch; whole. */
  readonly recordedAt: number
  readonly sequence: number
  readonly latitude: number
  readonly longitude: number
  readonly altitude: number | null
  readonly speed: number
  readonly heading: number | null
  readonly make: string | null
  readonly model: string | null
  readonly metadata: JsonObject | null
}

/** A reading with the time at which the producer received it: what becomes a row. */
export type ReceivedReading = {
  readonly reading: Reading
  /** Microseconds since the Unix epoch. */
  readonly receivedAt: number
}

/** The kinds of fault for which one reading is refused, each with a code of its own. */
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

/** Why one reading is refused: a stable code to branch on, and a sentence for a person. */
export type Refusal = { readonly code: RefusalCode; readonly detail: string }

export type ParsedReading =
  | { readonly ok: true; readonly reading: Reading }
  | { readonly ok: false; readonly refusal: Refusal }

/** Against what a reading's time is judged. */
export type TimeWindow = {
  /** Microseconds since the Unix epoch at which the reading arrived. */
  readonly receivedAt: number
  /** Microseconds for which readings are kept; older ones are refused. */
  readonly retentionMicros: number
}

/** How far a vehicle's clock may run ahead of ours, in microseconds: five minutes. */
export const maxClockAheadMicros = 5 * 60 * 1_000_000
export const microsecondsPerDay = 86_400 * 1_000_000
