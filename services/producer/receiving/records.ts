import type { Micros } from '../../telemetry/time.ts'
import type { DeviceRefusal, Reading } from '../../telemetry/reading/reading.ts'
import { vinField } from '../../telemetry/reading/fields.ts'
import { toIsoMicroseconds } from '../../telemetry/time.ts'
import {
  encodeReading,
  headerNames,
  schemaVersion,
  schemaVersionOf,
} from '../../telemetry/reading/wire.ts'
import type { SizedRecord } from '../events/collect-records.ts'
import type { Original } from '../formats/format.ts'

/** The records of readings and of refused requests, as they are appended to the topic. */

/** How readings arrived; written to the headers of their records. */
export type Arrival = {
  /** Microseconds since the Unix epoch. */
  readonly receivedAt: Micros
  readonly traceparent: string | undefined
}

/** By name. */
type RecordHeaders = Readonly<Record<string, string>>

/** For offsets, lengths and header names of a record in a record batch. */
const recordOverheadBytes = 120

/**
 * The headers of the records that arrived in the last millisecond. Records of the same send that share their headers
 * have them encoded once.
 */
let latest = { receivedAt: NaN, headers: {} as RecordHeaders }

export function headersOf({ receivedAt, traceparent }: Arrival): RecordHeaders {
  if (latest.receivedAt !== receivedAt) {
    const headers = {
      [headerNames.schemaVersion]: schemaVersion,
      [headerNames.receivedAt]: toIsoMicroseconds(receivedAt),
    }
    latest = { receivedAt, headers }
  }
  return traceparent === undefined
    ? latest.headers
    : { ...latest.headers, [headerNames.traceparent]: traceparent }
}

/** @param shared headers of a record with the usual schema version */
export function toRecord(reading: Reading, shared: RecordHeaders): SizedRecord {
  const value = encodeReading(reading)
  const version = schemaVersionOf(reading)
  const headers =
    version === schemaVersion ? shared : { ...shared, [headerNames.schemaVersion]: version }
  return {
    record: { key: reading.vin, value, headers },
    bytes: Buffer.byteLength(value) + reading.vin.length + recordOverheadBytes,
  }
}

/** How many bytes of a message a dead letter keeps. Kafka accepts no record over 1 MiB. */
const maxOriginalBytes = 64 * 1024

/**
 * The record of a message that is refused for good. It becomes a dead letter. So the answer can be 2xx, and the
 * client does not repeat the request.
 */
export function toRefusedRecord(
  { deviceId, value }: Original,
  { code, detail }: DeviceRefusal,
  shared: RecordHeaders,
): SizedRecord {
  const bytes = Buffer.from(value)
  const isCut = bytes.length > maxOriginalBytes
  const headers = {
    ...shared,
    [headerNames.refusedCode]: code,
    [headerNames.refusedDetail]: isCut
      ? `${detail} (The first ${maxOriginalBytes} of ${bytes.length} bytes are kept.)`
      : detail,
  }
  const kept = bytes.subarray(0, maxOriginalBytes)
  const key = deviceId !== undefined && vinField.pattern.test(deviceId) ? deviceId : unknownDevice
  return {
    record: { key, value: kept, headers },
    bytes: kept.length + key.length + detail.length + recordOverheadBytes,
  }
}

/** The key of a refused message that names no vehicle. */
const unknownDevice = 'unknown-device'
