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
  const countDone = () => countArchived(platform)
  return runWorkers(platform, { workers: [workerName], count, skipped: 1, countDone }, signal)
}

/** From the table that counts them: to count rows many times a second would take a quarter of the time of Postgres. */
async function countArchived({ pool }: Pick<BenchPlatform, 'pool'>): Promise<number> {
  const { rows } = await pool.query<{ archived: number }>(
    'SELECT coalesce(sum(count), 0)::int AS archived FROM file_count',
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
