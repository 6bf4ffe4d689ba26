/**
 * The table of a pipeline, described once: COPY, merge, comparison and column comments are made
 * from this description. A column that is added here is part of all of them.
 */

/** `timestamp` values are microseconds since the Unix epoch; `bigint` values are safe integers. */
export type ColumnType = 'text' | 'bigint' | 'double' | 'timestamp' | 'json'

/** A value of a column; `json` takes the text of a JSON value. */
export type ColumnValue = string | number | null

export type Column<Row> = {
  /** Name of the column in the database. */
  readonly name: string
  readonly type: ColumnType
  /** What the column holds, with unit and range. */
  readonly comment: string
  /** False where two rows of one key may differ in this column and are still equal, e.g. `received_at`. */
  readonly isCompared: boolean
  /** The value of the column in a row. `bigint` and `timestamp` give a number, `json` a text. */
  readonly valueOf: (row: Row) => ColumnValue
}

/** `keep`: the row that is there stays. A record with equal content is a duplicate, another one a dead letter. */
export type ConflictRule = 'keep'

export type TableSchema<Row> = {
  readonly table: string
  readonly columns: readonly Column<Row>[]
  /** Names of the columns of the primary key, in its order. */
  readonly key: readonly string[]
  readonly onConflict: ConflictRule
  /** Why a record is a dead letter if the row of its key has other content: the end user's words. */
  readonly conflictDetail: string
}

/** The columns that decide whether two rows of one key are equal. */
export function comparedColumns<Row>({ columns, key }: TableSchema<Row>): Column<Row>[] {
  return columns.filter(({ name, isCompared }) => isCompared && !key.includes(name))
}
