import type { Arrival } from '../receiving/records.ts'
import { headersOf, toRecord } from '../receiving/records.ts'
import type { ParsedReading, Reading, RefusalCode } from '../../telemetry/reading/reading.ts'
import { toReceipt } from '../../ledger/receipt.ts'
import type { RecordCollector } from './collect-records.ts'
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
