import type pg from 'pg'
import type { CopyStatement } from '../driver/statement-group.ts'
import { sendGroup } from '../driver/statement-group.ts'
import type { CopyFormat, OffsetRow } from './copy-binary.ts'
import { toCopyChunks } from './copy-binary.ts'
import type { TableSink } from './table-sink.ts'
import { columnList } from './table-statements.ts'

/** `relation` is the quoted name of the table. */
export type CopyTarget<Row> = CopyFormat<Row> & { readonly relation: string }

/** The additional first column if rows are copied with their offsets. */
const offsetColumn = 'record_offset'

/** Copies rows into the table of a sink. Returns how many rows the table got: a trigger may leave out rows. */
export async function copyRows<Row>(
  client: pg.PoolClient,
  sink: TableSink<Row>,
  rows: readonly OffsetRow<Row>[],
): Promise<number> {
  const [copied] = await sendGroup(client, sink.copyStatements(rows))
  return copied?.rowCount ?? 0
}

/** Copies rows into a table. The rows are encoded when it is sent. */
export function copyStatement<Row>(
  { relation, ...format }: CopyTarget<Row>,
  rows: readonly OffsetRow<Row>[],
): CopyStatement {
  const { columns, withOffset } = format
  const names = [...(withOffset ? [offsetColumn] : []), columnList(columns)].join(', ')
  const text = `COPY ${relation} (${names}) FROM STDIN (FORMAT binary)`
  return { text, chunks: toCopyChunks(rows, format) }
}
