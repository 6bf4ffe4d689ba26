import type { RecordPosition } from './receipt.ts'

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

/** The type of a column, with the limits that a `numeric` may have. */
export type ColumnKind = {
  readonly type: ColumnType
  /** Most digits of a `numeric`; undefined without a limit. */
  readonly precision?: number
  /** Digits after the decimal point of a `numeric`. */
  readonly scale?: number
}

export interface Column<Row> extends ColumnKind {
  /** Name of the column in the database. */
  readonly name: string
  /** What the column holds, with unit and range. */
  readonly comment: string
  /** False if rows that differ only in this column count as equal, e.g. `received_at`. */
  readonly isCompared: boolean
  readonly valueOf: (row: Row) => ColumnValue
}

/**
 * What a record does whose key has a row already. A record with equal content is always a duplicate.
 * - `keep`: the row stays, and a record with other content becomes a dead letter
 * - `update`: the record replaces the row, unless the row is of a later record of the same partition
 * - `newest`: the record replaces the row if its value in `column` is greater; of equal values the
 *   later record counts, as with `update`. Null is less than every value
 */
export type ConflictRule =
  | { readonly kind: 'keep' }
  | { readonly kind: 'update' }
  | { readonly kind: 'newest'; readonly column: string }

/**
 * The columns with the position of the record that a row was written from. A table whose conflict rule
 * is not `keep` has them.
 */
export const positionColumnNames = ['_log', '_partition', '_offset'] as const

/** The position columns of a table. */
export function positionColumns<Row>(positionOf: (row: Row) => RecordPosition): Column<Row>[] {
  const column = (
    name: (typeof positionColumnNames)[number],
    comment: string,
    part: keyof RecordPosition,
  ): Column<Row> => ({
    ...{ name, comment, type: 'bigint', isCompared: false },
    valueOf: (row) => positionOf(row)[part],
  })
  return [
    column('_log', 'Log of the record that the row was written from', 'logId'),
    column('_partition', 'Partition of the record that the row was written from', 'partition'),
    column('_offset', 'Offset of the record that the row was written from', 'offset'),
  ]
}

/** The fields of a row as the database reads them. The bytes may also hold other rows. */
export type EncodedRow = {
  readonly bytes: Uint8Array
  readonly begin: number
  /** Exclusive. */
  readonly end: number
}

export type TableSchema<Row> = {
  readonly table: string
  /** The schema of the database that the table is in; the search path decides if it is undefined. */
  readonly databaseSchema?: string
  readonly columns: readonly Column<Row>[]
  /** A row as decoding has encoded it; undefined if it has only values. */
  readonly encodedOf?: (row: Row) => EncodedRow | undefined
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
