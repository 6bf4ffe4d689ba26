import type pg from 'pg'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import type { OffsetRow } from './copy-binary.ts'

/**
 * The outcome of rows whose key existed, by the offset of their record. An offset in none of these
 * lists added a row.
 */
export type MergeResult = {
  /** The record changed the existing row. */
  readonly updated: readonly number[]
  /** A later record of the same key is stored already, so the record changed nothing. */
  readonly superseded: readonly number[]
  /** The existing row is equal. */
  readonly duplicates: readonly number[]
  /** The existing row has different content and stays unchanged. */
  readonly conflicts: readonly number[]
}

/**
 * The table that a pipeline writes. `copy` and `merge` run in the transaction that also moves the
 * ledger. If they reject, that transaction is rolled back.
 */
export interface TableSink<Row> {
  readonly schema: TableSchema<Row>
  /** Creates what the table needs for the rows, e.g. partitions, in separate transactions. */
  prepare(rows: readonly Row[]): Promise<void>
  /**
   * Makes `prepare` check everything again, after the database has refused a row without partition.
   */
  resetPrepared(): void
  /** Adds rows whose keys are new. Rejects if a key exists. */
  copy(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<void>
  /**
   * Adds the rows whose keys are new, and applies the conflict rule to the others. Once a
   * transaction.
   */
  merge(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<MergeResult>
}
