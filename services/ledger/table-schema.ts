/**
 * Describes the table of a pipeline. COPY, merge, comparison and column comments are generated from
 * this description, so a new column needs to be added only here.
 */

/** The type of a column. `ColumnValue` says how each type holds its values. */
export type ColumnType =
  | 'text'
  | 'integer'
  | 'bigint'
  | 'double'
  | 'numeric'
  | 'boolean'
  | 'timestamp'
  | 'date'
  | 'uuid'
  | 'json'

/**
 * A value of a column:
 * - `text`: a text without NUL; `json`: the text of a JSON value; `uuid`: 32 hexadecimal digits, with or
 *   without hyphens; `numeric`: a text like `-12.50`, without exponent
 * - `integer` (32 bits) and `double`: a number
 * - `bigint`, and `timestamp` in microseconds since the Unix epoch: a number if it is a safe integer,
 *   otherwise a bigint
 * - `date`: days since the Unix epoch
 */
export type ColumnValue = string | number | bigint | boolean | null

export type Column<Row> = {
  /** Name of the column in the database. */
  readonly name: string
  readonly type: ColumnType
  /** What the column holds, with unit and range. */
  readonly comment: string
  /** False if rows that differ only in this column count as equal, e.g. `received_at`. */
  readonly isCompared: boolean
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
