import pg from 'pg'
import type {
  Column,
  ColumnKind,
  ColumnType,
  ColumnValue,
  TableSchema,
} from '../../../ledger/table-schema.ts'
import { comparedColumns } from '../../../ledger/table-schema.ts'
import { toIsoMicroseconds, toUtcDay } from '../../../telemetry/time.ts'
import { microsecondsPerDay } from '../../../telemetry/reading/reading.ts'
import type { Placeholders } from '../sql-file.ts'
import { sqlStatement } from '../sql-file.ts'

/** The statements for the table of a pipeline, built from its schema and the files in `sql`. */
export type TableStatements = {
  /** Creates the temporary table for the rows to merge. */
  readonly create: string
  /** Writes the rows by the conflict rule. Returns the offsets that added no row. */
  readonly merge: string
  /** Like `merge`, for rows of which each key has one, and not for the rule `keep`. See `ArrayMerge`. */
  readonly mergeArrays: string
  /**
   * Writes the rows by the conflict rule, for each value of the first key column separately, and row
   * by row if the database refuses one of them. Records each outcome in a temporary table.
   */
  readonly divide: string
  /** Returns the outcomes of `divide` that added no row. */
  readonly notAdded: string
  /** Returns for each of these offsets whether the existing row is equal. */
  readonly compare: string
  /** Compares the row of one key. Its parameters come from `keyAndContent`. */
  readonly rowOfKey: string
}

export function tableStatements<Row>(schema: TableSchema<Row>): TableStatements {
  const placeholders = placeholdersOf(schema)
  const statement = (name: string): string => sqlStatement(name, placeholders)
  return {
    create: statement('create-incoming'),
    merge: statement('merge-incoming'),
    mergeArrays: statement('merge-arrays'),
    divide: statement('divide-incoming'),
    notAdded: statement('not-added'),
    compare: statement('compare-incoming'),
    rowOfKey: statement('row-of-key'),
  }
}

/** The placeholders for the name, columns and key of a table. */
export function placeholdersOf<Row>(schema: TableSchema<Row>): Placeholders {
  const { table, columns, key } = schema
  const compared = comparedColumns(schema)
  const types = new Map(columns.map(({ name, type }) => [name, type]))
  const parameter = (name: string, index: number): string =>
    `$${index + 1}::${sqlTypes[types.get(name) ?? 'text']}`
  return {
    table,
    relation: relationOf(schema),
    columns: columnList(columns),
    'column-arrays': columns.map(arrayParameter).join(', '),
    key: key.map(quote).join(', '),
    'first-key': quote(key[0] ?? ''),
    'key-parameters': key.map(parameter).join(', '),
    'on-conflict': onConflictAction(schema),
    outcome: outcomeOfWritten(schema),
    'is-same': isSame(compared),
    'compared-with-parameters': comparedWithParameters(compared, key.length),
  }
}

const arrayParameter = ({ type }: ColumnKind, index: number): string =>
  `$${index + 1}::${sqlTypes[type]}[]`

/** The quoted name of a table, with its schema of the database if it has one. */
export function relationOf<Row>({
  table,
  databaseSchema,
}: Pick<TableSchema<Row>, 'table' | 'databaseSchema'>): string {
  return databaseSchema === undefined ? quote(table) : `${quote(databaseSchema)}.${quote(table)}`
}

/** Quoted column names, separated by commas. */
export function columnList<Row>(columns: readonly Column<Row>[]): string {
  return columns.map(({ name }) => quote(name)).join(', ')
}

/** The parameters of `rowOfKey`: the key of a row, then its compared columns. */
export function keyAndContent<Row>(schema: TableSchema<Row>, row: Row): (string | null)[] {
  const { columns, key } = schema
  const ofKey = key.flatMap((name) => columns.filter((column) => column.name === name))
  return [...ofKey, ...comparedColumns(schema)].map((column) => toParameter(column, row))
}

/** The statement that sets the comment of a column. `relation` is the quoted name of a table or view. */
export function columnComment(
  relation: string,
  { name, comment }: { readonly name: string; readonly comment: string },
): string {
  return `COMMENT ON COLUMN ${relation}.${quote(name)} IS ${pg.escapeLiteral(comment)}`
}

/** The type of a column in SQL, e.g. `numeric(12,3)`. */
export function sqlTypeOf({ type, precision, scale }: ColumnKind): string {
  return precision === undefined ? sqlTypes[type] : `${sqlTypes[type]}(${precision},${scale ?? 0})`
}

/** The result column of `rowOfKey` that is true if a column differs. */
export const differsColumn = (column: string): string => `differs: ${column}`

const sqlTypes: Record<ColumnType, string> = {
  text: 'text',
  integer: 'integer',
  bigint: 'bigint',
  double: 'double precision',
  numeric: 'numeric',
  boolean: 'boolean',
  timestamp: 'timestamptz',
  date: 'date',
  uuid: 'uuid',
  json: 'jsonb',
}

/** Quotes a name that has no quotation mark. */
export const quote = (name: string): string => `"${name}"`

/** The action of `INSERT … ON CONFLICT`, where `present` is the table's row. */
function onConflictAction<Row>(schema: TableSchema<Row>): string {
  const { columns, key, onConflict } = schema
  if (onConflict.kind === 'keep') return 'DO NOTHING'
  const changed = columns.filter(({ name }) => !key.includes(name))
  const assignments = changed.map(({ name }) => `${quote(name)} = excluded.${quote(name)}`)
  const isReplaced = onConflict.kind === 'update' ? isEarlier : isOlder(quote(onConflict.column))
  return `DO UPDATE SET ${assignments.join(', ')} WHERE ${isReplaced}`
}

/** What a written row was: `added`, `updated`, or `duplicate` if only its position has changed. */
function outcomeOfWritten<Row>(schema: TableSchema<Row>): string {
  const first = quote(schema.key[0] ?? '')
  const compared = comparedColumns(schema)
  const listOf = (relation: string): string =>
    compared.map(({ name }) => `${relation}.${quote(name)}`).join(', ')
  const isChanged =
    compared.length === 0 ? 'false' : `(${listOf('old')}) IS DISTINCT FROM (${listOf('new')})`
  return `CASE WHEN old.${first} IS NULL THEN 'added' WHEN ${isChanged} THEN 'updated' ELSE 'duplicate' END`
}

/** Whether the table's row is of an earlier record of the same partition, or of another partition. */
const isEarlier =
  'present._partition <> excluded._partition OR (present._log, present._offset) < (excluded._log, excluded._offset)'

/** Whether the table's row has the lower value in this column, or an equal one and is earlier. */
const isOlder = (column: string): string =>
  `present.${column} < excluded.${column}
    OR (present.${column} IS NULL AND excluded.${column} IS NOT NULL)
    OR (present.${column} IS NOT DISTINCT FROM excluded.${column} AND (${isEarlier}))`

function isSame<Row>(compared: readonly Column<Row>[]): string {
  if (compared.length === 0) return 'true'
  const of = (relation: string): string =>
    compared.map(({ name }) => `${relation}.${quote(name)}`).join(', ')
  return `(${of('present')}) IS NOT DISTINCT FROM (${of('incoming')})`
}

function comparedWithParameters<Row>(compared: readonly Column<Row>[], after: number): string {
  if (compared.length === 0) return 'true AS "is there"'
  const each = compared.map(({ name, type }, index) => {
    const parameter = `$${after + index + 1}::${sqlTypes[type]}`
    return `${quote(name)}, ${quote(name)} IS DISTINCT FROM ${parameter} AS ${quote(differsColumn(name))}`
  })
  return each.join(',\n  ')
}

function toParameter<Row>({ type, valueOf }: Column<Row>, row: Row): string | null {
  const value: ColumnValue = valueOf(row)
  if (value === null) return null
  if (type === 'timestamp') return toTimestampParameter(value as number | bigint)
  if (type === 'date') return toUtcDay((value as number) * microsecondsPerDay)
  return String(value)
}

const microsPerSecond = 1_000_000n

function toTimestampParameter(micros: number | bigint): string {
  if (typeof micros === 'number') return toIsoMicroseconds(micros)
  const fraction = ((micros % microsPerSecond) + microsPerSecond) % microsPerSecond
  const wholeSecond = toIsoMicroseconds(Number(micros - fraction))
  return wholeSecond.replace('.000000', `.${String(fraction).padStart(6, '0')}`)
}
