import type pg from 'pg'
import type { DecodedEntry } from '../../telemetry/ports.ts'
import { copyColumns } from './copy-binary.ts'
import type { CopyTarget } from './copy-rows.ts'
import { copyRows } from './copy-rows.ts'
import { sqlStatement } from './sql-file.ts'

export type ReadingEntry = Extract<DecodedEntry, { kind: 'reading' }>

/** What a reading is refused for when another content stands under its key. */
export const keyConflict = {
  code: 'key-conflict',
  detail: 'Another reading with the same vin, timestamp and sequence says something else.',
} as const

/** Entries that added no row, by their offset. */
export type Unmerged = {
  /** The row that is there says the same. */
  readonly duplicates: readonly number[]
  /** The row that is there says something else. */
  readonly conflicting: ReadonlySet<number>
}

const incoming: CopyTarget = {
  table: 'incoming',
  columns: `record_offset, ${copyColumns}`,
  withOffset: true,
}

export function mergeStatements(table: string) {
  return {
    create: sqlStatement('create-incoming', table),
    merge: sqlStatement('merge-incoming', table),
    compare: sqlStatement('compare-incoming', table),
  }
}

/** Inserts readings unless their key is there, and compares what is. Once a transaction. */
export async function mergeReadings(
  client: pg.PoolClient,
  statements: ReturnType<typeof mergeStatements>,
  readings: readonly ReadingEntry[],
): Promise<Unmerged> {
  await client.query(statements.create)
  await copyRows(client, incoming, readings)
  const left = await client.query<{ record_offset: number }>(statements.merge)
  if (left.rows.length === 0) return { duplicates: [], conflicting: new Set() }
  const leftOffsets = left.rows.map((row) => row.record_offset)
  const compared = await client.query<{ record_offset: number; same: boolean }>(
    statements.compare,
    [leftOffsets],
  )
  const duplicates = compared.rows.filter((row) => row.same).map((row) => row.record_offset)
  const conflicting = new Set(leftOffsets)
  for (const offset of duplicates) conflicting.delete(offset)
  return { duplicates, conflicting }
}
