import type pg from 'pg'
import { sqlStatement } from '../sql-file.ts'

const endedStates = ['complete', 'failed', 'canceled'] as const
/** Tasks of one transaction. */
const batchSize = 1_000

/**
 * Deletes tasks that ended long ago. They count as retired. Also deletes workers that were last seen
 * before.
 *
 * @returns how many tasks
 */
export async function retireTasks(
  pool: pg.Pool,
  keepMs: number,
  signal: AbortSignal,
): Promise<number> {
  const { rows } = await pool.query<{ name: string }>(sqlStatement('pipelines-with-tasks'))
  let count = 0
  for (const { name } of rows) {
    for (const state of endedStates) {
      let retired = batchSize
      while (retired === batchSize && !signal.aborted) {
        retired = await retireBatch(pool, [name, state, keepMs, batchSize])
        count += retired
      }
    }
  }
  await pool.query(sqlStatement('retire-workers'), [keepMs])
  return count
}

async function retireBatch(pool: pg.Pool, values: unknown[]): Promise<number> {
  const statement = sqlStatement('retire-tasks')
  const { rows } = await pool.query<{ retired: number }>(statement, values)
  return rows[0]?.retired ?? 0
}
