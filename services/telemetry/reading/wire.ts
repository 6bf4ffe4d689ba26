import type { Micros } from '../time.ts'
import { decoderFailedCode } from '../../ledger/dead-letter.ts'
import { skippedCode } from '../../ledger/unreadable.ts'
import { parseReading } from './parse-reading.ts'
import type { JsonObject, Reading, ReceivedReading, TimeWindow } from './reading.ts'
import { microsecondsPerDay, refusalCodes } from './reading.ts'
import { isStorableTime, parseIsoMicroseconds, toIsoMicroseconds } from '../time.ts'

/** The format of readings on the topic: value and headers of a record. */

export const schemaVersion = '1'
export const headerNames = {
  schemaVersion: 'schema-version',
  receivedAt: 'received-at',
  traceparent: 'traceparent',
} as const

/** Why a record cannot become a row: the refusals of a reading, and those of its record. */
export const deadLetterCodes = [
  ...refusalCodes,
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
  /** When the broker appended it, in microseconds: replaces a missing `received-at`, and limits it. */
  readonly appendedAt: Micros
}

/** Encodes a reading as the JSON text of a record's value: fixed field order, absent fields omitted. */
export function encodeReading(reading: Reading): string {
  const { vin, recordedAt, sequence, latitude, longitude, speed } = reading
  const { altitude, heading, make, model, metadata } = reading
  // Numbers are finite, and no character of a vin needs an escape in JSON. So they need no JSON.stringify.
  const place = `"latitude":${latitude},"longitude":${longitude}${member('altitude', altitude)}`
  const texts = `${member('make', toJsonOrNull(make))}${member('model', toJsonOrNull(model))}`
  return `{"vin":"${vin}","timestamp":"${toIsoMicroseconds(recordedAt)}","sequence":${sequence},${place},"speed":${speed}${member('heading', heading)}${texts}${member('metadata', toJsonOrNull(metadata))}}`
}

function member(name: string, value: string | number | null): string {
  return value === null ? '' : `,"${name}":${value}`
}

function toJsonOrNull(value: string | JsonObject | null): string | null {
  return value === null ? null : JSON.stringify(value)
}

/** A producer's clock may be one day ahead of the broker's clock. */
const maxReceivedAfterAppendedMicros = microsecondsPerDay

const strictUtf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * Decodes a record into its reading. The reading's time is checked against `received-at`, and
 * `received-at` against the broker's time. So the result is the same whenever the record is read.
 *
 * @param retentionMicros microseconds for which readings are kept
 */
export function decodeRecord(record: EncodedRecord, retentionMicros: Micros): DecodedRecord {
  if (record.schemaVersion !== undefined && record.schemaVersion !== schemaVersion) {
    const detail = `schema-version is ${JSON.stringify(record.schemaVersion)}; only "${schemaVersion}" is supported.`
    return { ok: false, code: 'unknown-schema-version', detail }
  }
  const receivedAt =
    record.receivedAt === undefined ? record.appendedAt : parseIsoMicroseconds(record.receivedAt)
  if (receivedAt === undefined) return unreadable('the header received-at is not an ISO 8601 time')
  if (!isStorableTime(receivedAt))
    return unreadable('it was received at a time outside the years 0001 to 9999')
  if (receivedAt > record.appendedAt + maxReceivedAfterAppendedMicros) {
    const detail = `received-at ${JSON.stringify(record.receivedAt)} is more than a day after the broker appended the record.`
    return { ok: false, code: 'time-too-far-ahead', detail }
  }
  if (record.value === null) return unreadable('it has no value')
  let value: unknown
  try {
    value = JSON.parse(strictUtf8.decode(record.value))
  } catch (error) {
    return unreadable(`its value is not JSON (${(error as Error).message})`)
  }
  const window: TimeWindow = { receivedAt, retentionMicros }
  const parsed = parseReading(value, window)
  return parsed.ok
    ? { ok: true, row: { reading: parsed.reading, receivedAt } }
    : { ok: false, ...parsed.refusal }
}

function unreadable(problem: string): DecodedRecord {
  return {
    ok: false,
    code: 'unreadable-record',
    detail: `The record is not a reading: ${problem}.`,
  }
}
