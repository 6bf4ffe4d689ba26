import { median } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import type { WorkerRun } from '../worker-run.ts'
import { runWorkers, workerName } from '../worker-run.ts'

/**
 * Loads files that wait in the inbox with one worker. The rate begins when the first ones are in the archive.
 *
 * @param count how many files wait
 */
export async function loadWaiting(
  platform: BenchPlatform,
  count: number,
  signal: AbortSignal,
): Promise<WorkerRun> {
  const before = await newestFile(platform)
  const countDone = () => countArchived(platform, before)
  return runWorkers(platform, { workers: [workerName], count, skipped: 1, countDone }, signal)
}

async function newestFile({ pool }: Pick<BenchPlatform, 'pool'>): Promise<string> {
  const { rows } = await pool.query<{ id: string }>('SELECT coalesce(max(id), 0) AS id FROM file')
  return rows[0]?.id ?? '0'
}

/** Only files after this one: counting all archived files many times a second would slow the worker that is measured. */
async function countArchived(
  { pool }: Pick<BenchPlatform, 'pool'>,
  after: string,
): Promise<number> {
  const { rows } = await pool.query<{ archived: number }>(
    'SELECT count(*)::int AS archived FROM file WHERE id > $1 AND archived_at IS NOT NULL',
    [after],
  )
  return rows[0]?.archived ?? 0
}

/** The medians of runs, as text. */
export function noteOf(runs: readonly WorkerRun[]): string {
  const of = (value: (run: WorkerRun) => number): number => median(runs.map(value))
  const cores = `cores: worker ${of((run) => run.cores.worker).toFixed(2)}, Postgres ${of((run) => run.cores.postgres).toFixed(2)}`
  const peak = Math.round(of((run) => run.peakMegabytes))
  return `${of((run) => run.secondsWithStart).toFixed(1)} s with the start; ${cores}; ${peak} MB`
}
