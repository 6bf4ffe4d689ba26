import type pg from 'pg'
import type { ReceiptStatus, RecordPosition } from '../../telemetry/receipt.ts'
import { sqlStatement } from './sql-file.ts'

type SettledRow = {
  readonly is_current: boolean
  readonly start_offset: number | null
  readonly next_offset: number | null
  readonly outcome: 'duplicate' | 'expired' | null
  readonly code: string | null
  readonly detail: string | null
  readonly state: 'open' | 'redriven' | 'discarded' | null
  readonly redriven_as: 'stored' | 'duplicate' | null
}

/**
 * What the database knows of a receipt: its status once the ledger has passed it, `unsettled`
 * while it has not, `unknown` where there never was such an offset.
 */
export type SettledReceipt =
  ReceiptStatus | { readonly status: 'unsettled' } | { readonly status: 'unknown' }

/** Looks receipts up in the ledger, the dead letters and the spans of duplicates. */
export class PostgresReceiptStore {
  readonly #pool: pg.Pool
  readonly #statement: string

  constructor(pool: pg.Pool, table: string) {
    this.#pool = pool
    this.#statement = sqlStatement('settle-receipt', table)
  }

  async settle({ log, partition, offset }: RecordPosition): Promise<SettledReceipt> {
    const parameters = [log, partition, offset]
    const { rows } = await this.#pool.query<SettledRow>(this.#statement, parameters)
    return rows[0] === undefined ? { status: 'unknown' } : toStatus(rows[0], offset)
  }
}

function toStatus(row: SettledRow, offset: number): SettledReceipt {
  if (row.start_offset !== null && offset < row.start_offset) return { status: 'unknown' }
  // A log that has ended before an offset was read has lost it; of a partition without a ledger, all.
  if (row.next_offset === null || offset >= row.next_offset) {
    return { status: row.is_current ? 'unsettled' : 'expired' }
  }
  if (row.redriven_as !== null) return { status: row.redriven_as }
  if (row.code !== null) return toDeadLettered(row.code, row)
  return { status: row.outcome ?? 'stored' }
}

function toDeadLettered(code: string, { detail, state }: SettledRow): ReceiptStatus {
  const standing = state === 'discarded' ? state : 'open'
  return { status: 'dead-lettered', code, detail: detail ?? '', state: standing }
}
