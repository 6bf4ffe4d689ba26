import type pg from 'pg'
import type { RedrivenAs } from '../../../ledger/dead-letter.ts'
import type { SpanOutcome } from '../../../ledger/ledger.ts'
import type { ReceiptStatus, RecordPosition } from '../../../ledger/receipt.ts'
import { sqlStatement } from '../sql-file.ts'

type ReceiptRow = {
  readonly is_current: boolean
  readonly start_offset: number | null
  readonly next_offset: number | null
  readonly outcome: SpanOutcome | null
  readonly code: string | null
  readonly detail: string | null
  readonly state: 'open' | 'redriven' | 'discarded' | null
  readonly redriven_as: RedrivenAs | null
}

/**
 * The status of a receipt in the database: `unsettled` until the ledger has passed its offset,
 * `unknown` if the offset never existed.
 */
export type StoredReceipt =
  ReceiptStatus | { readonly status: 'unsettled' } | { readonly status: 'unknown' }

/** Looks up receipts of one pipeline in its ledger, dead letters and spans. */
export class PostgresReceiptStore {
  readonly #pool: pg.Pool
  readonly #pipeline: string

  constructor(pool: pg.Pool, pipeline: string) {
    this.#pool = pool
    this.#pipeline = pipeline
  }

  async lookUp({ logId, partition, offset }: RecordPosition): Promise<StoredReceipt> {
    const parameters = [logId, partition, offset, this.#pipeline]
    const statement = sqlStatement('find-receipt')
    const { rows } = await this.#pool.query<ReceiptRow>(statement, parameters)
    return rows[0] === undefined ? { status: 'unknown' } : toStatus(rows[0], offset)
  }
}

function toStatus(row: ReceiptRow, offset: number): StoredReceipt {
  if (row.start_offset !== null && offset < row.start_offset) return { status: 'unknown' }
  // An offset that was not read before its log ended is lost. Without a ledger, all offsets are
  // lost.
  if (row.next_offset === null || offset >= row.next_offset) {
    return { status: row.is_current ? 'unsettled' : 'expired' }
  }
  if (row.redriven_as !== null) return { status: row.redriven_as }
  if (row.code !== null) return toDeadLettered(row.code, row)
  return { status: row.outcome ?? 'stored' }
}

function toDeadLettered(code: string, { detail, state }: ReceiptRow): ReceiptStatus {
  const letterState = state === 'discarded' ? state : 'open'
  return { status: 'dead-lettered', code, detail: detail ?? '', state: letterState }
}
