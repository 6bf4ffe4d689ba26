import type pg from 'pg'
import type { DecodedBatch } from '../../../ledger/batch.ts'
import type { OriginPosition } from '../../../ledger/origin.ts'
import { findRepeated, ungroup } from '../../../ledger/origin.ts'
import { sqlStatement } from '../sql-file.ts'
import { readLife } from './read-life.ts'

type PositionRow = {
  readonly partition: number
  readonly origin_log_id: number
  readonly origin_partition: number
  readonly next_offset: number
}

/** The offsets of the repeated records of a batch. */
type Repeated = ReadonlySet<number>

/**
 * Finds the repeated records of a grouped topic, and moves the positions of their origins.
 *
 * @param client the transaction that holds the ledgers of the batches
 * @param batches of one log, each of a different partition
 * @returns the offsets of the repeated records of each batch
 */
export async function settleOrigins(
  client: pg.PoolClient,
  pipeline: string,
  batches: readonly DecodedBatch<unknown>[],
): Promise<Repeated[]> {
  const logId = batches[0]?.logId
  const life = await readLife(client, pipeline)
  const { rows } = await client.query<PositionRow>(sqlStatement('read-origin-positions'), [
    pipeline,
    logId,
    batches.map(({ partition }) => partition),
  ])
  const results = batches.map(({ partition, entries }) => {
    const positions = rows.filter((row) => row.partition === partition).map(toPosition)
    const records = entries.map(({ offset, original }) => {
      return { offset, origin: ungroup(original)?.origin }
    })
    return { partition, ...findRepeated(records, life, positions) }
  })
  const moved = results.flatMap(({ partition, moved: of }) =>
    of.map((origin) => ({ partition, origin })),
  )
  if (moved.length > 0) {
    await client.query(sqlStatement('move-origin-positions'), [
      ...[pipeline, logId],
      moved.map(({ partition }) => partition),
      moved.map(({ origin }) => origin.logId),
      moved.map(({ origin }) => origin.partition),
      moved.map(({ origin }) => origin.nextOffset),
    ])
  }
  return results.map(({ repeated }) => repeated)
}

function toPosition(row: PositionRow): OriginPosition {
  return {
    logId: row.origin_log_id,
    partition: row.origin_partition,
    nextOffset: row.next_offset,
  }
}
