import { encodedBytesOf } from '../../ledger/copy/encoded-bytes.ts'
import type { ColumnValue, EncodedRow } from '../../ledger/table-schema.ts'
import { positionColumns } from '../../ledger/table-schema.ts'
import type { RecordPosition } from '../../ledger/receipt.ts'
import type { LineOptions } from './lines.ts'

/** Encodes the row of a line whose values are known. */
export function encodeValues(
  { step: { columns }, task, hasPosition, encoder }: LineOptions,
  values: readonly ColumnValue[],
  offset: number,
): EncodedRow {
  encoder.beginRow(values.reduce<number>((sum, value) => sum + encodedBytesOf(value), 0))
  for (const [index, { type }] of columns.entries()) encoder.writeValue(type, values[index] ?? null)
  if (hasPosition) {
    const position = { logId: task, partition: 0, offset }
    for (const { type, valueOf } of ofPosition) encoder.writeValue(type, valueOf(position))
  }
  return encoder.endRow()
}

const ofPosition = positionColumns<RecordPosition>((position) => position)
