import type { Arrival } from '../receiving/records.ts'
import { headersOf, toRecord } from '../receiving/records.ts'
import type { ParsedReading, RefusalCode } from '../../telemetry/reading/reading.ts'
import { toReceipt } from '../../ledger/receipt.ts'
import type { RecordCollector, SizedRecord } from './collect-records.ts'
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
  const headers = headersOf(arrival)
  const records: SizedRecord[] = []
  const rejected: Rejected[] = []
  parsed.forEach((item, index) => {
    if (item.ok) records.push(toRecord(item.reading, headers))
    else rejected.push({ index, ...item.refusal })
  })
  if (records.length === 0) return { kind: 'all-refused', rejected }
  try {
    const positions = await collector.submit(records)
    const logId = currentLogId()
    let next = 0
    const receipts = parsed.map(({ ok }) => {
      const position = ok ? positions[next++] : undefined
      return position === undefined ? null : toReceipt({ logId, ...position })
    })
    return {
      kind: 'accepted',
      answer: { accepted: records.length, receipts, rejected },
    }
  } catch (error) {
    if (error instanceof NotAcknowledgedError) return { kind: 'not-acknowledged' }
    throw error
  }
}
