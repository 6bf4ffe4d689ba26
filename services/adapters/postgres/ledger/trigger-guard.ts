import type { DecodedEntry } from '../../../ledger/batch.ts'
import type { JudgedBatch } from '../../../ledger/refusal-limit.ts'
import { firstVehicles, RefusalLimit } from '../../../ledger/refusal-limit.ts'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import { isRaisedByTrigger } from '../driver/errors.ts'
import type { RefusedRow } from '../tables/table-sink.ts'

/**
 * A trigger refuses most of the rows, so it is broken. This counts as an outage: the records wait until
 * the trigger is repaired.
 */
export class BrokenTriggerError extends Error {
  readonly code = 'BROKEN_TRIGGER'
  constructor(table: string, detail: string) {
    super(
      `A trigger of the table "${table}" refuses most of the latest readings: "${detail}". They are not stored until the trigger is repaired or dropped.`,
    )
    this.name = 'BrokenTriggerError'
  }
}

type Entries<Row> = readonly DecodedEntry<Row>[]

/** An attempt to store a batch. */
export type GuardedAttempt = {
  readonly partition: number
  /** Whether a trigger was broken when the attempt began. */
  readonly beganBroken: boolean
  /** How many attempts the guard had stopped before this one began. */
  readonly stopsBefore: number
}

/**
 * Stops a batch whose rows would become dead letters only because a trigger is broken.
 *
 * A trigger may be repaired in the middle of an attempt: the rows before that moment are refused, and
 * the rows after it are not. An attempt is therefore doubtful if a trigger was broken at any time since
 * it began. A doubtful attempt with refused rows is stopped once, and the next attempt decides.
 */
export class TriggerGuard<Row> {
  readonly #schema: TableSchema<Row>
  readonly #limit = new RefusalLimit()
  /** The partitions of which a trigger refused most rows in the latest attempt. */
  readonly #broken = new Set<number>()
  /** The partitions whose latest attempt was doubtful. */
  readonly #doubtful = new Set<number>()
  #stops = 0

  constructor(schema: TableSchema<Row>) {
    this.#schema = schema
  }

  /** Call before the first row is written. */
  beginAttempt(partition: number): GuardedAttempt {
    return { partition, beganBroken: this.#broken.size > 0, stopsBefore: this.#stops }
  }

  /**
   * Call before the commit.
   *
   * @throws BrokenTriggerError
   */
  check(attempt: GuardedAttempt, entries: Entries<Row>, refused: readonly RefusedRow[]): void {
    const raised = raisedByTrigger(refused)
    const [first] = raised
    if (first === undefined || !this.#mustStop(attempt, this.#judge(entries, raised))) return
    this.#stops += 1
    throw new BrokenTriggerError(this.#schema.table, first.detail)
  }

  /** Whether the attempt is stopped. Remembers why, for the next attempt. */
  #mustStop({ partition, beganBroken, stopsBefore }: GuardedAttempt, judged: JudgedBatch): boolean {
    if (this.#limit.isExceededBy(judged)) {
      this.#broken.add(partition)
      this.#doubtful.delete(partition)
      return true
    }
    if (!beganBroken && stopsBefore === this.#stops) return false
    if (this.#doubtful.delete(partition)) {
      this.#broken.clear()
      return false
    }
    this.#broken.delete(partition)
    this.#doubtful.add(partition)
    return true
  }

  /** Call after the commit. */
  recordStored(partition: number, entries: Entries<Row>, refused: readonly RefusedRow[]): void {
    this.#broken.delete(partition)
    this.#doubtful.delete(partition)
    this.#limit.recordStored(this.#judge(entries, raisedByTrigger(refused)))
  }

  #judge(entries: Entries<Row>, raised: readonly RefusedRow[]): JudgedBatch {
    const offsets = new Set(raised.map(({ offset }) => offset))
    const ofRaised = offsets.size === 0 ? [] : entries.filter(({ offset }) => offsets.has(offset))
    return {
      at: performance.now(),
      rows: countRows(entries),
      refused: raised.length,
      vehicles: firstVehicles(this.#vehiclesOf(entries)),
      refusedVehicles: firstVehicles(this.#vehiclesOf(ofRaised)),
    }
  }

  /**
   * The values of the first key column: the vin of a reading. In a table without a key, the keys of the
   * records; a record without a key counts separately.
   */
  *#vehiclesOf(entries: Entries<Row>): Generator<string> {
    const { columns, key } = this.#schema
    const column = columns.find(({ name }) => name === key[0])
    for (const entry of entries) {
      if (entry.kind !== 'row') continue
      if (column) yield String(column.valueOf(entry.row))
      else yield keyOf(entry)
    }
  }
}

function countRows(entries: Entries<unknown>): number {
  let rows = 0
  for (const { kind } of entries) if (kind === 'row') rows += 1
  return rows
}

function raisedByTrigger(refused: readonly RefusedRow[]): RefusedRow[] {
  return refused.filter(({ sqlState }) => isRaisedByTrigger(sqlState))
}

/** Each byte becomes one character, so that different keys stay different. */
function keyOf({ offset, original: { key } }: DecodedEntry<unknown>): string {
  return key === null ? `offset ${offset}` : Buffer.from(key).toString('latin1')
}
