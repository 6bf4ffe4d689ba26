import type pg from 'pg'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import type { OffsetRow } from './copy-binary.ts'

/**
 * What became of rows whose key was there, by the offset of their record. An offset that is in
 * none of these added a row.
 */
export type MergeResult = {
  /** The record changed the row that was there. */
  readonly updated: readonly number[]
  /** A later record of the same key has been stored: the record changed nothing. */
  readonly superseded: readonly number[]
  /** The row that is there is equal. */
  readonly duplicates: readonly number[]
  /** The row that is there has other content, and stays. */
  readonly conflicts: readonly number[]
}

/**
 * The table that a pipeline writes to. `copy` and `merge` run in the transaction that also moves
 * the ledger; a rejection ends it, and nothing of it stays.
 */
export interface TableSink<Row> {
  readonly schema: TableSchema<Row>
  /** Makes what the table needs before it can take the rows, in separate transactions. */
  prepare(rows: readonly Row[]): Promise<void>
  /**
   * Makes `prepare` check everything again, after the database has refused a row without partition.
   */
  resetPrepared(): void
  /** Adds rows whose keys are new. Rejects where one is there. */
  copy(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<void>
  /**
   * Adds the rows whose keys are new, and applies the conflict rule to the others. Once a
   * transaction.
   */
  merge(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<MergeResult>
}
