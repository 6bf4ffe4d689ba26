import type { OutgoingRecord } from '../../../services/telemetry/ports.ts'
import type { Reading } from '../../../services/telemetry/reading/reading.ts'
import { toIsoMicroseconds } from '../../../services/telemetry/time.ts'
import {
  encodeReading,
  headerNames,
  schemaVersion,
} from '../../../services/telemetry/reading/wire.ts'

/**
 * Readings that follow from their number, so that every run of a benchmark sends the same: 500
 * vehicles report once a second, about 200 bytes of JSON each time.
 */

const vehicles = 500
const microsecondsPerSecond = 1_000_000
/** Microseconds between a reading and its arrival. */
const transitMicros = 40_000

/** Before the number of the vehicle, of `vinDigits` digits. */
export const vinPrefix = '1AVTB2C3'
export const vinDigits = 9

export const vinOf = (vehicle: number): string =>
  `${vinPrefix}${String(vehicle).padStart(vinDigits, '0')}`

/** The `index`-th reading of all vehicles in turn; the first of all is recorded at `begin`, in microseconds. */
function numberedReading(index: number, begin: number): Reading {
  const vehicle = index % vehicles
  const round = Math.floor(index / vehicles)
  // Digits as a GNSS receiver gives them; different ones each time.
  const wander = ((index * 7_919) % 1_000_003) / 1e7
  return {
    vin: vinOf(vehicle),
    recordedAt: begin + round * microsecondsPerSecond + vehicle * 2_000,
    sequence: round,
    latitude: Math.round((37.7 + wander) * 1e7) / 1e7,
    longitude: Math.round((-122.4 - wander) * 1e7) / 1e7,
    altitude: Math.round(wander * 1e5) / 100,
    speed: Math.round(wander * 3e5) / 1e3,
    heading: Math.round(wander * 3.5e5) / 100,
    make: 'Toyota',
    model: 'RAV4',
    metadata: null,
  }
}

/** The same as a vehicle sends it. */
export function numberedBody(index: number, begin: number): string {
  return encodeReading(numberedReading(index, begin))
}

/** The same as the producer appends it. */
export function numberedRecord(index: number, begin: number): OutgoingRecord {
  const reading = numberedReading(index, begin)
  const receivedAt = toIsoMicroseconds(reading.recordedAt + transitMicros)
  return {
    key: reading.vin,
    value: encodeReading(reading),
    headers: { [headerNames.schemaVersion]: schemaVersion, [headerNames.receivedAt]: receivedAt },
  }
}

/** When the first of so many readings was recorded, where the last of them was just now; microseconds. */
export function beginFor(records: number, now: number): number {
  return (Math.floor(now / 1000) - Math.ceil(records / vehicles)) * microsecondsPerSecond
}
