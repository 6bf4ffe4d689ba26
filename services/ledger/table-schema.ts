/**
 * Describes the table of a pipeline. COPY, merge, comparison and column comments are generated from
 * this description, so a new column needs to be added only here.
 */

/** `timestamp` values are microseconds since the Unix epoch; `bigint` values are safe integers. */
export type ColumnType = 'text' | 'bigint' | 'double' | 'timestamp' | 'json'

/** A value of a column; a `json` column has the text of a JSON value. */
export type ColumnValue = string | number | null

export type Column<Row> = {
  /** Name of the column in the database. */
  readonly name: string
  readonly type: ColumnType
  /** What the column holds, with unit and range. */
  readonly comment: string
  /** False if rows that differ only in this column count as equal, e.g. `received_at`. */
  readonly isCompared: boolean
  /** Returns the column's value in a row: a number for `bigint` and `timestamp`, a text for `json`. */
  readonly valueOf: (row: Row) => ColumnValue
}

/** `keep`: an existing row stays. A record with equal content is a duplicate, any other is a dead letter. */
export type ConflictRule = 'keep'

export type TableSchema<Row> = {
  readonly table: string
  readonly columns: readonly Column<Row>[]
  /** Names of the primary key columns, in key order. */
  readonly key: readonly string[]
  readonly onConflict: ConflictRule
  /** Detail of the dead letter of a record whose key has a row with other content. Users see it. */
  readonly conflictDetail: string
}

/** Returns the columns that decide whether two rows with the same key are equal. */
export function comparedColumns<Row>({ columns, key }: TableSchema<Row>): Column<Row>[] {
  return columns.filter(({ name, isCompared }) => isCompared && !key.includes(name))
}
