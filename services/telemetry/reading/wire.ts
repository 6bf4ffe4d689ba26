import type { Micros } from '../time.ts'
import { decoderFailedCode } from '../../ledger/dead-letter.ts'
import { skippedCode } from '../../ledger/unreadable.ts'
import type { ReadingRules } from './parse-reading.ts'
import { parseReading } from './parse-reading.ts'
import type { JsonObject, Reading, ReceivedReading, TimeWindow } from './reading.ts'
import { deviceRefusalCodes, microsecondsPerDay, refusalCodes } from './reading.ts'
import { isStorableTime, parseIsoMicroseconds, toIsoMicroseconds } from '../time.ts'

/** The format of readings on the topic: value and headers of a record. */

/** The schema version of a reading with a speed. */
export const schemaVersion = '1'
/** The schema version of a reading without a speed. Consumers of earlier versions make a dead letter of it. */
export const schemaVersionWithoutSpeed = '2'
export const headerNames = {
  schemaVersion: 'schema-version',
  receivedAt: 'received-at',
  traceparent: 'traceparent',
  /** Why the producer has refused the request of a phone or tracker that is the value of this record. */
  refusedCode: 'refused-code',
  refusedDetail: 'refused-detail',
} as const

/** Why a record cannot become a row: the refusals of a reading, and those of its record. */
export const deadLetterCodes = [
  ...refusalCodes,
  ...deviceRefusalCodes,
  'unreadable-record',
  'unknown-schema-version',
  'key-conflict',
  'refused-by-database',
  decoderFailedCode,
  'expired',
  skippedCode,
] as const
type DeadLetterCode = (typeof deadLetterCodes)[number]

export type DecodedRecord =
  | { readonly ok: true; readonly row: ReceivedReading }
  | { readonly ok: false; readonly code: DeadLetterCode; readonly detail: string }

/** The parts of a Kafka record that `decodeRecord` reads. */
export type EncodedRecord = {
  readonly value: Uint8Array | null
  readonly schemaVersion: string | undefined
  /** Text of the `received-at` header. */
  readonly receivedAt: string | undefined
  /** Set if the producer has refused it. */
  readonly refused?: { readonly code: string; readonly detail: string | undefined } | undefined
  /** When the broker appended it, in microseconds: replaces a missing `received-at`, and limits it. */
  readonly appendedAt: Micros
}

/** The schema version of the record of a reading. */
export function schemaVersionOf({ speed }: Reading): string {
  return speed === null ? schemaVersionWithoutSpeed : schemaVersion
}

/** Encodes a reading as the JSON text of a record's value: fixed field order, absent fields omitted. */
export function encodeReading(reading: Reading): string {
  const { vin, recordedAt, sequence, latitude, longitude, speed } = reading
  const { altitude, heading, make, model, metadata } = reading
  // Numbers are finite, and no character of a vin needs an escape in JSON. So they need no JSON.stringify.
  const place = `"latitude":${latitude},"longitude":${longitude}${member('altitude', altitude)}`
  const texts = `${member('make', toJsonOrNull(make))}${member('model', toJsonOrNull(model))}`
  return `{"vin":"${vin}","timestamp":"${toIsoMicroseconds(recordedAt)}","sequence":${sequence},${place}${member('speed', speed)}${member('heading', heading)}${texts}${member('metadata', toJsonOrNull(metadata))}}`
}

function member(name: string, value: string | number | null): string {
  return value === null ? '' : `,"${name}":${value}`
}

function toJsonOrNull(value: string | JsonObject | null): string | null {
  return value === null ? null : JSON.stringify(value)
}

/** A producer's clock may be one day ahead of the broker's clock. */
const maxReceivedAfterAppendedMicros = microsecondsPerDay

/** False if a reading was received more than a day after the broker appended its record. */
export function isReceivedInTime(receivedAt: Micros, appendedAt: Micros): boolean {
  return !(receivedAt > appendedAt + maxReceivedAfterAppendedMicros)
}

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Decodes a record into its reading. The reading's time is checked against `received-at`, and
 * `received-at` against the broker's time. So the result is the same whenever the record is read.
 *
 * @param retentionMicros microseconds for which readings are kept
 */
export function decodeRecord(record: EncodedRecord, retentionMicros: Micros): DecodedRecord {
  if (record.refused !== undefined) return refusedByProducer(record.refused)
  const version = record.schemaVersion ?? schemaVersion
  if (version !== schemaVersion && version !== schemaVersionWithoutSpeed) {
    const detail = `schema-version is ${JSON.stringify(version)}; only "${schemaVersion}" and "${schemaVersionWithoutSpeed}" are supported.`
    return { ok: false, code: 'unknown-schema-version', detail }
  }
  const receivedAt =
    record.receivedAt === undefined ? record.appendedAt : parseIsoMicroseconds(record.receivedAt)
  if (receivedAt === undefined) return unreadable('the header received-at is not an ISO 8601 time')
  if (!isStorableTime(receivedAt))
    return unreadable('it was received at a time outside the years 0001 to 9999')
  if (!isReceivedInTime(receivedAt, record.appendedAt)) {
    const detail = `received-at ${JSON.stringify(record.receivedAt)} is more than a day after the broker appended the record.`
    return { ok: false, code: 'time-too-far-ahead', detail }
  }
  const rules = { isSpeedRequired: version === schemaVersion }
  return decodeValue(record.value, { receivedAt, retentionMicros }, rules)
}

function decodeValue(
  bytes: Uint8Array | null,
  window: TimeWindow,
  rules: ReadingRules,
): DecodedRecord {
  if (bytes === null) return unreadable('it has no value')
  let value: unknown
  try {
    value = JSON.parse(strictUtf8.decode(bytes))
  } catch (error) {
    return unreadable(`its value is not JSON (${(error as Error).message})`)
  }
  const parsed = parseReading(value, window, rules)
  return parsed.ok
    ? { ok: true, row: { reading: parsed.reading, receivedAt: window.receivedAt } }
    : { ok: false, ...parsed.refusal }
}

function refusedByProducer({ code, detail }: NonNullable<EncodedRecord['refused']>): DecodedRecord {
  const known = [...refusalCodes, ...deviceRefusalCodes].find((each) => each === code)
  return {
    ok: false,
    code: known ?? 'unreadable-record',
    detail: detail ?? `The producer has refused it (${JSON.stringify(code)}).`,
  }
}

function unreadable(problem: string): DecodedRecord {
  return {
    ok: false,
    code: 'unreadable-record',
    detail: `The record is not a reading: ${problem}.`,
  }
}
