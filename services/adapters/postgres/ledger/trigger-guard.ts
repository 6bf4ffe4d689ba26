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

/** Stops a batch whose rows would become dead letters only because a trigger is broken. */
export class TriggerGuard<Row> {
  readonly #schema: TableSchema<Row>
  readonly #limit = new RefusalLimit()

  constructor(schema: TableSchema<Row>) {
    this.#schema = schema
  }

  /**
   * Call before the commit.
   *
   * @throws BrokenTriggerError
   */
  check(entries: readonly DecodedEntry<Row>[], refused: readonly RefusedRow[]): void {
    const raised = refused.find(({ sqlState }) => isRaisedByTrigger(sqlState))
    if (raised === undefined || !this.#limit.isExceededBy(this.#judge(entries, refused))) return
    throw new BrokenTriggerError(this.#schema.table, raised.detail)
  }

  /** Call after the commit. */
  noteStored(entries: readonly DecodedEntry<Row>[], refused: readonly RefusedRow[]): void {
    this.#limit.noteStored(this.#judge(entries, refused))
  }

  #judge(entries: readonly DecodedEntry<Row>[], refused: readonly RefusedRow[]): JudgedBatch {
    const raised = refused.filter(({ sqlState }) => isRaisedByTrigger(sqlState))
    const offsets = new Set(raised.map(({ offset }) => offset))
    const ofRaised = offsets.size === 0 ? [] : entries.filter(({ offset }) => offsets.has(offset))
    return {
      at: performance.now(),
      rows: entries.filter(({ kind }) => kind === 'row').length,
      refused: raised.length,
      vehicles: firstVehicles(this.#vehiclesOf(entries)),
      refusedVehicles: firstVehicles(this.#vehiclesOf(ofRaised)),
    }
  }

  /** The values of the first key column: the vin of a reading. */
  *#vehiclesOf(entries: readonly DecodedEntry<Row>[]): Generator<string> {
    const { columns, key } = this.#schema
    const column = columns.find(({ name }) => name === key[0])
    for (const entry of entries) {
      if (entry.kind === 'row') yield String(column?.valueOf(entry.row))
    }
  }
}
