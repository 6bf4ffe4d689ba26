import type { TableSchema } from '../../../ledger/table-schema.ts'
import { AppendTableSink } from './append-table-sink.ts'
import { KeyedTableSink } from './keyed-table-sink.ts'
import type { TableSink } from './table-sink.ts'

/** The sink for a table with this schema: with a key or without one. */
export function sinkOfTable<Row>(schema: TableSchema<Row>): TableSink<Row> {
  return schema.key.length === 0 ? new AppendTableSink(schema) : new KeyedTableSink(schema)
}
