import type { Column, ColumnValue, TableSchema } from './table-schema.ts'
import { comparedColumns, positionColumnNames } from './table-schema.ts'

/** A row and a number that identifies it, e.g. the offset of its record. */
type NumberedRow<Row> = { readonly offset: number; readonly row: Row }

/** One row of each key, and what becomes of the others, by number. */
export type LatestRows<Row> = {
  readonly latest: readonly NumberedRow<Row>[]
  /** Another of the rows replaces it, or is newer. */
  readonly superseded: readonly number[]
  /** Another of the rows has the same content. */
  readonly duplicates: readonly number[]
}

/**
 * Selects the row of each key that remains when the conflict rule of the schema is applied to the rows
 * one after another. A statement of Postgres can change a row only once (error 21000).
 *
 * @param keyOf returns the same text as the function of `keyTextOf`, e.g. faster
 */
export function selectLatestRows<Row>(
  schema: TableSchema<Row>,
  rows: readonly NumberedRow<Row>[],
  keyOf: (row: Row) => string = keyTextOf(schema),
): LatestRows<Row> {
  const compared = comparedColumns(schema)
  const isReplacedBy = replacementRule(schema)
  const latest = new Map<string, NumberedRow<Row>>()
  const superseded: number[] = []
  const duplicates: number[] = []
  for (const entry of rows) {
    const keyText = keyOf(entry.row)
    const present = latest.get(keyText)
    if (present === undefined) {
      latest.set(keyText, entry)
      continue
    }
    const isEqual = compared.every(({ valueOf }) => valueOf(present.row) === valueOf(entry.row))
    const isReplaced = isReplacedBy(present.row, entry.row)
    if (isReplaced) latest.set(keyText, entry)
    const settled = isEqual ? duplicates : superseded
    settled.push(isReplaced ? present.offset : entry.offset)
  }
  return { latest: [...latest.values()], superseded, duplicates }
}

/**
 * The rows whose key is that of a refused row, without the refused ones.
 *
 * @param refused numbers of refused rows
 */
export function otherRowsOfRefused<Row>(
  schema: TableSchema<Row>,
  rows: readonly NumberedRow<Row>[],
  refused: readonly number[],
): NumberedRow<Row>[] {
  if (refused.length === 0) return []
  const keyOf = keyTextOf(schema)
  const numbers = new Set(refused)
  const keys = new Set(
    rows.filter(({ offset }) => numbers.has(offset)).map(({ row }) => keyOf(row)),
  )
  return rows.filter(({ offset, row }) => !numbers.has(offset) && keys.has(keyOf(row)))
}

/** A function that returns the key of a row as a text. */
export function keyTextOf<Row>(schema: TableSchema<Row>): (row: Row) => string {
  const key = columnsNamed(schema, schema.key)
  return (row) => key.map((column) => toKeyText(column, row)).join('\0')
}

/** Whether the first row is replaced by the second one, which is another record of the same key. */
type ReplacementRule<Row> = (present: Row, row: Row) => boolean

function replacementRule<Row>(schema: TableSchema<Row>): ReplacementRule<Row> {
  const { onConflict } = schema
  const isEarlier = positionRule(schema)
  if (onConflict.kind !== 'newest') return isEarlier
  const [column] = columnsNamed(schema, [onConflict.column])
  return (present, row) => {
    const [presentValue, value] = [column?.valueOf(present) ?? null, column?.valueOf(row) ?? null]
    if (presentValue === value) return isEarlier(present, row)
    if (presentValue === null || value === null) return presentValue === null
    return presentValue < value
  }
}

/** Compares positions: records of different partitions have no order, so the second row counts as later. */
function positionRule<Row>(schema: TableSchema<Row>): ReplacementRule<Row> {
  const [log, partition, offset] = columnsNamed(schema, positionColumnNames)
  return (present, row) => {
    const valuesOf = (column: Column<Row> | undefined) =>
      [Number(column?.valueOf(present)), Number(column?.valueOf(row))] as const
    const [presentPartition, rowPartition] = valuesOf(partition)
    if (presentPartition !== rowPartition) return true
    const [presentLog, rowLog] = valuesOf(log)
    if (presentLog !== rowLog) return presentLog < rowLog
    const [presentOffset, rowOffset] = valuesOf(offset)
    return presentOffset < rowOffset
  }
}

/** The columns with these names, in this order. */
function columnsNamed<Row>({ columns }: TableSchema<Row>, names: readonly string[]): Column<Row>[] {
  return names.flatMap((name) => columns.filter((column) => column.name === name))
}

/** A text that is equal for values that are equal in Postgres. */
function toKeyText<Row>({ type, valueOf }: Column<Row>, row: Row): string {
  const value: ColumnValue = valueOf(row)
  if (typeof value !== 'string') return value === 0 ? '0' : String(value)
  switch (type) {
    case 'uuid':
      return value.replaceAll('-', '').toLowerCase()
    case 'numeric':
      return value.includes('.') ? value.replace(/\.?0+$/, '') : value
    default:
      return value
  }
}
