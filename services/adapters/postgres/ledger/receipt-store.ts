import type pg from 'pg'
import type { RedrivenAs } from '../../../ledger/dead-letter.ts'
import type { SpanOutcome } from '../../../ledger/ledger.ts'
import type { ReceiptStatus, RecordPosition } from '../../../ledger/receipt.ts'
import { sqlStatement } from '../sql-file.ts'

type ReceiptRow = {
  readonly later_logs: readonly number[]
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
 * `nonexistent` if the offset never existed. `not-read`: its log ended before the offset was read, and
 * no later log has settled this offset yet.
 */
export type StoredReceipt =
  | ReceiptStatus
  | { readonly status: 'unsettled' }
  | { readonly status: 'nonexistent' }
  | { readonly status: 'not-read' }

/** How many offsets have these outcomes. @member deadLetters by code */
type Outcomes = {
  readonly duplicates: number
  readonly expired: number
  readonly deadLetters: ReadonlyMap<string, number>
}

type OutcomeRow = {
  readonly kind: 'letter' | 'span'
  readonly name: string
  readonly count: number
}

const offsetsAtOnce = 10_000

type Source = {
  readonly pipeline: string
  /** The topic of the pipeline. A receipt of another topic does not exist. */
  readonly topic: string
}

/** Looks up receipts of one pipeline in its ledger, dead letters and spans. */
export class PostgresReceiptStore {
  readonly #pool: pg.Pool
  readonly #source: Source

  constructor(pool: pg.Pool, source: Source) {
    this.#pool = pool
    this.#source = source
  }

  /**
   * When Kafka has lost a log, producers use its id for some seconds more. A receipt of that log may
   * then name a reading of a later log, too. If the two have different outcomes, the status is
   * `unknown`.
   */
  async lookUp(position: RecordPosition): Promise<StoredReceipt> {
    const row = await this.#find(position)
    if (row === undefined) return { status: 'nonexistent' }
    const status = toStatus(row, position.offset)
    const inLaterLogs = await this.#lookUpLater(row.later_logs, position)
    if (inLaterLogs.length === 0) return status
    const isSame = inLaterLogs.every((later) => JSON.stringify(later) === JSON.stringify(status))
    return isSame ? status : { status: 'unknown' }
  }

  /** What became of settled offsets of a partition. Those that are not counted are rows. */
  async outcomesOf(
    { logId, partition }: Omit<RecordPosition, 'offset'>,
    offsets: readonly number[],
  ): Promise<Outcomes> {
    const deadLetters = new Map<string, number>()
    const counts = { duplicate: 0, expired: 0 }
    for (let first = 0; first < offsets.length; first += offsetsAtOnce) {
      const some = offsets.slice(first, first + offsetsAtOnce)
      const { rows } = await this.#pool.query<OutcomeRow>(sqlStatement('outcomes-of-offsets'), [
        ...[this.#source.pipeline, logId, partition, some],
        ...[Math.min(...some), Math.max(...some)],
      ])
      for (const { kind, name, count } of rows) {
        if (kind === 'letter') deadLetters.set(name, (deadLetters.get(name) ?? 0) + count)
        else if (name === 'duplicate' || name === 'expired') counts[name] += count
      }
    }
    return { duplicates: counts.duplicate, expired: counts.expired, deadLetters }
  }

  /** The statuses of the same offset in those later logs that have settled it. */
  async #lookUpLater(
    logIds: readonly number[],
    { partition, offset }: RecordPosition,
  ): Promise<StoredReceipt[]> {
    const statuses: StoredReceipt[] = []
    for (const logId of logIds) {
      const row = await this.#find({ logId, partition, offset })
      if (row && isSettled(row, offset)) statuses.push(toStatus(row, offset))
    }
    return statuses
  }

  async #find({ logId, partition, offset }: RecordPosition): Promise<ReceiptRow | undefined> {
    const { pipeline, topic } = this.#source
    const parameters = [logId, partition, offset, pipeline, topic]
    const { rows } = await this.#pool.query<ReceiptRow>(sqlStatement('find-receipt'), parameters)
    return rows[0]
  }
}

function isSettled({ start_offset, next_offset }: ReceiptRow, offset: number): boolean {
  if (start_offset === null || next_offset === null) return false
  return start_offset <= offset && offset < next_offset
}

function toStatus(row: ReceiptRow, offset: number): StoredReceipt {
  if (row.start_offset !== null && offset < row.start_offset) return { status: 'nonexistent' }
  // An offset that was not read before its log ended is lost. Without a ledger, all offsets are
  // lost.
  if (row.next_offset === null || offset >= row.next_offset) {
    return { status: row.later_logs.length === 0 ? 'unsettled' : 'not-read' }
  }
  if (row.redriven_as !== null) return { status: row.redriven_as }
  if (row.code !== null) return toDeadLettered(row.code, row)
  return { status: row.outcome ?? 'stored' }
}

function toDeadLettered(code: string, { detail, state }: ReceiptRow): ReceiptStatus {
  const letterState = state === 'discarded' ? state : 'open'
  return { status: 'dead-lettered', code, detail: detail ?? '', state: letterState }
}
