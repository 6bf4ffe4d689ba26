import type { Micros } from '../../telemetry/time.ts'
import type { ParsedReading, Reading, RefusalCode } from '../../telemetry/reading/reading.ts'
import { toReceipt } from '../../ledger/receipt.ts'
import { toIsoMicroseconds } from '../../telemetry/time.ts'
import {
  encodeReading,
  headerNames,
  schemaVersion,
  schemaVersionOf,
} from '../../telemetry/reading/wire.ts'
import type { SizedRecord, RecordCollector } from './collect-records.ts'
import { NotAcknowledgedError } from './collect-records.ts'

export type Rejected = {
  readonly index: number
  readonly code: RefusalCode
  readonly detail: string
}

/** The response body if at least one reading was accepted. */
type Accepted = {
  readonly accepted: number
  /** `receipts[i]` belongs to reading i; null if it was refused. */
  readonly receipts: readonly (string | null)[]
  readonly rejected: readonly Rejected[]
}

export type AcceptOutcome =
  | { readonly kind: 'accepted'; readonly answer: Accepted }
  | { readonly kind: 'all-refused'; readonly rejected: readonly Rejected[] }
  | { readonly kind: 'not-acknowledged' }

export type AcceptOptions = {
  readonly collector: RecordCollector
  /** Returns the log id of the topic that records are appended to. */
  readonly currentLogId: () => number
}

/** How readings arrived; written to the headers of their records. */
export type Arrival = {
  /** Microseconds since the Unix epoch. */
  readonly receivedAt: Micros
  readonly traceparent: string | undefined
}

/** For offsets, lengths and header names of a record in a record batch. */
const recordOverheadBytes = 120

/** Appends the valid readings. Resolves when Kafka has acknowledged every one of them. */
export async function acceptReadings(
  parsed: readonly ParsedReading[],
  arrival: Arrival,
  { collector, currentLogId }: AcceptOptions,
): Promise<AcceptOutcome> {
  const rejected: Rejected[] = []
  const readings: Reading[] = []
  for (const [index, item] of parsed.entries()) {
    if (item.ok) readings.push(item.reading)
    else rejected.push({ index, ...item.refusal })
  }
  if (readings.length === 0) return { kind: 'all-refused', rejected }
  const headers = headersOf(arrival)
  try {
    const positions = await collector.submit(readings.map((reading) => toRecord(reading, headers)))
    const logId = currentLogId()
    const receipts = positions.map((position) => toReceipt({ logId, ...position }))
    let nextReceipt = 0
    const receiptByReading = parsed.map((item) =>
      item.ok ? (receipts[nextReceipt++] ?? null) : null,
    )
    return {
      kind: 'accepted',
      answer: { accepted: readings.length, receipts: receiptByReading, rejected },
    }
  } catch (error) {
    if (error instanceof NotAcknowledgedError) return { kind: 'not-acknowledged' }
    throw error
  }
}

function headersOf({ receivedAt, traceparent }: Arrival): Record<string, string> {
  return {
    [headerNames.schemaVersion]: schemaVersion,
    [headerNames.receivedAt]: toIsoMicroseconds(receivedAt),
    ...(traceparent === undefined ? {} : { [headerNames.traceparent]: traceparent }),
  }
}

/** @param shared headers of a record with the usual schema version */
function toRecord(reading: Reading, shared: Record<string, string>): SizedRecord {
  const value = encodeReading(reading)
  const version = schemaVersionOf(reading)
  const headers =
    version === schemaVersion ? shared : { ...shared, [headerNames.schemaVersion]: version }
  return {
    record: { key: reading.vin, value, headers },
    bytes: Buffer.byteLength(value) + reading.vin.length + recordOverheadBytes,
  }
}
