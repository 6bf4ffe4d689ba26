import { sleep } from '../../services/runtime/retry.ts'
import type { BenchPlatform } from './bench-platform.ts'

/** Measures how fast workers do work that waits for them. */

export const workerName = 'worker-0'
const pollIntervalMs = 20

export async function until(condition: () => Promise<boolean>, signal: AbortSignal): Promise<void> {
  while (!(await condition())) {
    await sleep(pollIntervalMs, signal)
    signal.throwIfAborted()
  }
}

type WaitingWork = {
  readonly workers: readonly string[]
  /** How many units wait. */
  readonly count: number
  /** The time begins when so many of them are done. */
  readonly skipped: number
  /** How many units were done so far, also before this run. */
  readonly countDone: () => Promise<number>
}

export type WorkerRun = {
  readonly unitsPerSecond: number
  /** From the start of the workers until all units are done. */
  readonly secondsWithStart: number
  /** Of the first worker. */
  readonly peakMegabytes: number
  readonly cores: { readonly worker: number; readonly postgres: number }
}

/** Starts the workers, waits until they have done all units, and stops them. */
export async function runWorkers(
  platform: BenchPlatform,
  { workers, count, skipped, countDone }: WaitingWork,
  signal: AbortSignal,
): Promise<WorkerRun> {
  const [first = workerName] = workers
  const before = await countDone()
  const startedAt = performance.now()
  await platform.startServices(...workers)
  try {
    const reach = async (wanted: number) => {
      let done = 0
      await until(async () => (done = await countDone()) >= wanted, signal)
      const used = { worker: platform.usage(first), postgres: platform.usage('postgres-0') }
      return { at: performance.now(), done, ...used }
    }
    const begin = await reach(before + skipped)
    const end = await reach(before + count)
    const seconds = (end.at - begin.at) / 1000
    return {
      unitsPerSecond: (end.done - begin.done) / seconds,
      secondsWithStart: (end.at - startedAt) / 1000,
      peakMegabytes: platform.peakMegabytes(first),
      cores: {
        worker: (end.worker - begin.worker) / seconds,
        postgres: (end.postgres - begin.postgres) / seconds,
      },
    }
  } finally {
    await platform.stopServices(...workers)
  }
}
