import { makePath } from '../../../services/runtime/process/make-path.mjs'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { checkpoint } from '../checkpoint.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import type { WorkerRun } from '../worker-run.ts'
import { runWorkers } from '../worker-run.ts'

/** Tasks that wait in the queue, and how fast workers complete them. */

export const pipeline = 'bench_task'
/** The worker stores the rows of the tasks in the table with the name of the pipeline. */
export const declaration = `name = "${pipeline}"
from.api = true
run = "${pipeline}"
to.table = { name = "${pipeline}" }
`

/** Writes the handler, which returns one row. @param sleepMs how long it takes; 0: no time */
export function writeHandler(folder: string, sleepMs: number): void {
  const wait = sleepMs === 0 ? '' : `await new Promise((done) => setTimeout(done, ${sleepMs}))`
  const text = `import { handler, z } from 'av-telemetry'
export const benchTask = handler({
  name: '${pipeline}',
  params: z.object({ number: z.int() }),
  run: async ({ number }) => {
    ${wait}
    return [{ table: '${pipeline}', data: [{ number }] }]
  },
})
`
  makePath(join(folder, 'handlers'))
  writeFileSync(join(folder, 'handlers', 'bench-task.ts'), text)
}

let units = 0

/** Adds tasks to the queue of a pipeline. No worker may run. */
export async function queueTasks(
  { pool }: Pick<BenchPlatform, 'pool'>,
  name: string,
  count: number,
): Promise<void> {
  await pool.query(
    `INSERT INTO task (pipeline, unit, method, params)
     SELECT $1, 'api:' || number, $2, format('{"number":%s}', number)
     FROM generate_series($3::int, $4::int) AS number`,
    [name, pipeline, units, units + count - 1],
  )
  units += count
  await pool.query('VACUUM (ANALYZE) task')
  await checkpoint(pool)
}

/**
 * Starts workers, which run all tasks of the queue, and stops them. The time begins when the workers are
 * ready and a share of the tasks is done, so that it contains no start of a process.
 */
export async function runQueued(
  platform: BenchPlatform,
  { workers, count }: { readonly workers: readonly string[]; readonly count: number },
  signal: AbortSignal,
): Promise<WorkerRun> {
  const skipped = Math.ceil(count / 10)
  const waiting = { workers, count, skipped, countDone: () => completedBy(platform) }
  return runWorkers(platform, waiting, signal)
}

/** The tasks that all workers have completed so far. */
async function completedBy({ pool }: Pick<BenchPlatform, 'pool'>): Promise<number> {
  const { rows } = await pool.query<{ completed: number }>(
    'SELECT coalesce(sum(total_success), 0)::int AS completed FROM worker',
  )
  return rows[0]?.completed ?? 0
}
