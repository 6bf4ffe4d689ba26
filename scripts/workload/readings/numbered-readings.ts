import type { OutgoingRecord } from '../../../services/telemetry/store-interfaces.ts'
import type { Reading } from '../../../services/telemetry/reading/reading.ts'
import { toIsoMicroseconds } from '../../../services/telemetry/time.ts'
import {
  encodeReading,
  headerNames,
  schemaVersion,
} from '../../../services/telemetry/reading/wire.ts'

/**
 * Readings that are computed from their number, so that every benchmark run sends the same ones: 500
 * vehicles report once a second, about 200 bytes of JSON per reading.
 */

export const vehicles = 500
const microsecondsPerSecond = 1_000_000
/** Microseconds from recording to receiving. */
const transitMicros = 40_000

/** A vin is this prefix and the number of the vehicle with `vinDigits` digits. */
export const vinPrefix = '1AVTB2C3'
export const vinDigits = 9

export const vinOf = (vehicle: number, prefix = vinPrefix): string =>
  `${prefix}${String(vehicle).padStart(vinDigits, '0')}`

/**
 * Reading number `index`; vehicles report in turn. `begin` is the time of reading 0, in
 * microseconds.
 */
function numberedReading(index: number, begin: number, prefix?: string): Reading {
  const vehicle = index % vehicles
  const round = Math.floor(index / vehicles)
  // As many digits as a GNSS receiver returns, different in each reading.
  const wander = ((index * 7_919) % 1_000_003) / 1e7
  return {
    vin: vinOf(vehicle, prefix),
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

/** Reading number `index` as a vehicle sends it. @param prefix of the vin */
export function numberedBody(index: number, begin: number, prefix?: string): string {
  return encodeReading(numberedReading(index, begin, prefix))
}

/** Reading number `index` as the producer appends it. */
export function numberedRecord(index: number, begin: number): OutgoingRecord {
  const reading = numberedReading(index, begin)
  const receivedAt = toIsoMicroseconds(reading.recordedAt + transitMicros)
  return {
    key: reading.vin,
    value: encodeReading(reading),
    headers: { [headerNames.schemaVersion]: schemaVersion, [headerNames.receivedAt]: receivedAt },
  }
}

/**
 * The time of reading 0, in microseconds, if the last of `records` readings was recorded at `now`.
 */
export function beginFor(records: number, now: number): number {
  return (Math.floor(now / 1000) - Math.ceil(records / vehicles)) * microsecondsPerSecond
}
