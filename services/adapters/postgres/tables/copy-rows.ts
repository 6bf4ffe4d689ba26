import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { CopyFormat, OffsetRow } from './copy-binary.ts'
import { toCopyChunks } from './copy-binary.ts'
import { columnList } from './table-statements.ts'

/** `relation` is the quoted name of the table. */
export type CopyTarget<Row> = CopyFormat<Row> & { readonly relation: string }

/** The additional first column if rows are copied with their offsets. */
const offsetColumn = 'record_offset'

/** Copies rows into a table. Returns how many rows the table got: a trigger may leave out rows. */
export async function copyRows<Row>(
  client: pg.PoolClient,
  { relation, ...format }: CopyTarget<Row>,
  rows: readonly OffsetRow<Row>[],
): Promise<number> {
  const { columns, withOffset } = format
  const names = [...(withOffset ? [offsetColumn] : []), columnList(columns)].join(', ')
  const statement = `COPY ${relation} (${names}) FROM STDIN (FORMAT binary)`
  const chunks = Readable.from(toCopyChunks(rows, format), { objectMode: true })
  const copy = client.query(copyFrom(statement))
  await pipeline(chunks, copy)
  return copy.rowCount
}
