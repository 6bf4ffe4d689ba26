import type { SourceRecord } from '../../ledger/batch.ts'
import type { ColumnValue } from '../../ledger/table-schema.ts'
import { toIsoMicroseconds, toUtcDay } from '../../telemetry/time.ts'
import type { Declaration, DeclaredColumn } from '../declaration/declaration.ts'
import { columnValueOf } from './decode-record.ts'

const microsecondsPerDay = 86_400_000_000

/**
 * The group of a record: the text of its value in the column of `group_by`. Values that are equal in the
 * database have the same text.
 *
 * @returns null if the record has no valid value in this column. It is in a group with others like it,
 *   and it has the same outcome as without `group_by`
 */
export function groupOf(declaration: Declaration, record: SourceRecord): string | null {
  const { groupBy } = declaration.topic
  const column = declaration.columns.find(({ name }) => name === groupBy)
  const value = column && columnValueOf(column, record)
  if (column === undefined || value === undefined || value === null) return null
  return toText(column, value)
}

function toText({ type }: Pick<DeclaredColumn, 'type'>, value: Exclude<ColumnValue, null>): string {
  if (type === 'numeric') return withoutZeros(String(value))
  if (type === 'timestamp' && typeof value === 'number') return toIsoMicroseconds(value)
  if (type === 'date') return toUtcDay(Number(value) * microsecondsPerDay)
  return String(value)
}

/** `-01.50` and `-1.5` are equal, and so are `-0` and `0`. */
function withoutZeros(decimal: string): string {
  const [, sign = '', integer = '', fraction = ''] =
    /^(-?)0*(\d+)(?:\.(\d*?)0*)?$/.exec(decimal) ?? []
  const digits = fraction === '' ? integer : `${integer}.${fraction}`
  return digits === '0' ? digits : `${sign}${digits}`
}
