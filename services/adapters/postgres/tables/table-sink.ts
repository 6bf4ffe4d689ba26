import type pg from 'pg'
import type { TableSchema } from '../../../ledger/table-schema.ts'
import type { NewDeadLetter } from '../dead-letters/insert-dead-letters.ts'
import type { CopyStatement } from '../driver/statement-group.ts'
import type { OffsetRow } from './copy-binary.ts'

/** A row that the database did not store. */
export type RefusedRow = {
  readonly offset: number
  readonly detail: string
  /** Undefined if there was no error: a trigger left out the row. */
  readonly sqlState: string | undefined
}

/**
 * The outcome of rows that added no row, by the offset of their record. An offset in none of these
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
  /** There is no row with this key, and the database did not add one. */
  readonly refused: readonly RefusedRow[]
}

/** The partition of records that become dead letters. */
export type LetterPlace = { readonly logId: number; readonly partition: number }

/**
 * The table that a pipeline writes. The statements of `copyStatements`, `merge` and `divide` run in the transaction that also
 * moves the ledger. If they fail, that transaction is rolled back.
 */
export interface TableSink<Row> {
  readonly schema: TableSchema<Row>
  /** Creates what the table needs for the rows, e.g. partitions, in separate transactions. */
  prepare?(rows: readonly Row[]): Promise<void>
  /**
   * Makes `prepare` check everything again, after the database has refused a row without partition.
   */
  resetPrepared?(): void
  /**
   * The statements that add rows whose keys are new. They fail if a key exists. The first one is the `COPY`, whose
   * answer says how many rows were added: a trigger may leave out rows.
   */
  copyStatements(
    rows: readonly OffsetRow<Row>[],
  ): readonly [CopyStatement, ...(readonly pg.QueryConfig[])]
  /**
   * Adds the rows whose keys are new, and applies the conflict rule to the others. Rejects if the
   * database refuses a row with an error. Once a transaction.
   */
  merge(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<MergeResult>
  /** Like `merge`, but adds the other rows if the database refuses a row with an error. */
  divide(client: pg.PoolClient, rows: readonly OffsetRow<Row>[]): Promise<MergeResult>
  /** Called in the transaction that has stored these dead letters. */
  recordLetters?(
    client: pg.PoolClient,
    place: LetterPlace,
    letters: readonly NewDeadLetter[],
  ): Promise<void>
}
