import type { Column, ColumnType, ColumnValue, TableSchema } from '../../ledger/table-schema.ts'
import type { ReadingField } from './fields.ts'
import { formatRange, readingFields } from './fields.ts'
import type { ReceivedReading } from './reading.ts'

/**
 * Describes the table of readings; it has one column for each field.
 *
 * @param table name of the table
 * @param fields the fields of a reading
 */
export function readingTable(
  table: string,
  fields: readonly ReadingField[] = readingFields,
): TableSchema<ReceivedReading> {
  return {
    table,
    columns: [...fields.map(columnOf), receivedAt],
    encodedOf: (row) => row.encoded,
    key: ['vin', 'recorded_at', 'sequence'],
    onConflict: { kind: 'keep' },
    conflictDetail:
      'Another reading with the same vin, timestamp and sequence has different values.',
  }
}

const receivedAt: Column<ReceivedReading> = {
  name: 'received_at',
  type: 'timestamp',
  comment: 'When the producer received the reading',
  isCompared: false,
  valueOf: (row) => row.receivedAt,
}

const types: Record<ReadingField['kind'], ColumnType> = {
  vin: 'text',
  time: 'timestamp',
  number: 'double',
  integer: 'bigint',
  text: 'text',
  object: 'json',
}

function columnOf(field: ReadingField): Column<ReceivedReading> {
  return {
    name: field.column,
    type: types[field.kind],
    comment: commentOf(field),
    isCompared: true,
    valueOf: valueOf(field),
  }
}

type Values = Readonly<Record<string, unknown>>

function valueOf({ kind, name }: ReadingField): (row: ReceivedReading) => ColumnValue {
  // Only the time has a different name in a reading than in JSON.
  const property = kind === 'time' ? 'recordedAt' : name
  if (kind === 'object') {
    return ({ reading }) => {
      const value = (reading as unknown as Values)[property]
      return value === null || value === undefined ? null : JSON.stringify(value)
    }
  }
  return ({ reading }) => ((reading as unknown as Values)[property] ?? null) as ColumnValue
}

function commentOf(field: ReadingField): string {
  const range = 'unit' in field ? ` Range ${formatRange(field)}.` : ''
  const vss = field.vss === undefined ? '' : ` VSS: ${field.vss}.`
  return `${field.description}${range}${vss}`
}
