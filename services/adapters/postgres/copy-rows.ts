import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type pg from 'pg'
import { from as copyFrom } from 'pg-copy-streams'
import type { CopyRow } from './copy-binary.ts'
import { toCopyChunks } from './copy-binary.ts'

/**
 * Copies readings into a table.
 *
 * @param columns those of `toCopyChunks`, in its order
 */
export async function copyRows(
  client: pg.PoolClient,
  { table, columns, withOffset }: CopyTarget,
  rows: readonly CopyRow[],
): Promise<void> {
  const statement = `COPY "${table}" (${columns}) FROM STDIN (FORMAT binary)`
  const chunks = Readable.from(toCopyChunks(rows, { withOffset }), { objectMode: true })
  await pipeline(chunks, client.query(copyFrom(statement)))
}

export type CopyTarget = {
  readonly table: string
  readonly columns: string
  /** Whether the first column is the offset of the record. */
  readonly withOffset: boolean
}
