import { localPassword, ownerSettings } from '../../platform/database.ts'
import type { Bench, BenchContext } from '../bench.ts'
import { median, medianWithSpread } from '../bench.ts'
import type { BenchPlatform } from '../bench-platform.ts'
import { withDeclarations } from '../declared/declared-run.ts'
import { workerName } from '../worker-run.ts'
import { runProgram } from '../program.ts'
import type { BareTasksOrder, BareTasksRun } from '../programs/bare-tasks.ts'
import { declaration, pipeline, queueTasks, runQueued, writeHandler } from './queued-tasks.ts'

const leastRatio = 0.7
const [tasks, quickTasks] = [60_000, 20_000]
/** The worker settles at most so many small tasks at once, and claims about as many. */
const batch = 200
const barePipeline = 'bare_task'

type Pair = { readonly worker: number; readonly bare: number; readonly bareCores: number }

export const taskRate: Bench = {
  name: 'tasks',
  description: 'small tasks a second of one worker, beside a bare SKIP LOCKED loop',
  measure: (context) =>
    withDeclarations({ [pipeline]: declaration }, async (folder) => {
      writeHandler(folder, 0)
      await using platform = await context.open(`worker.folder=${folder}`)
      await platform.pool.query(`CREATE TABLE data.${barePipeline} (number bigint)`)
      const pairs: Pair[] = []
      while (pairs.length < (context.pairs ?? context.runs)) {
        context.printProgress(`pair ${pairs.length + 1}`)
        pairs.push(await measurePair(platform, context))
      }
      return toFigures(pairs)
    }),
}

async function measurePair(
  platform: BenchPlatform,
  { isQuick, signal }: BenchContext,
): Promise<Pair> {
  const count = isQuick ? quickTasks : tasks
  await queueTasks(platform, barePipeline, count)
  const bare = await runBare(platform, signal)
  await queueTasks(platform, pipeline, count)
  const worker = await runQueued(platform, { workers: [workerName], count }, signal)
  return {
    worker: worker.unitsPerSecond,
    bare: bare.tasks / bare.seconds,
    bareCores: bare.cpuSeconds / bare.seconds,
  }
}

function runBare({ config, folders }: BenchPlatform, signal: AbortSignal): Promise<BareTasksRun> {
  const order: BareTasksOrder = {
    postgres: ownerSettings(config, localPassword(folders)),
    ...{ pipeline: barePipeline, table: barePipeline, batch },
  }
  return runProgram('bare-tasks', order, signal)
}

/** The median of the ratios decides, because the machine's speed changes from pair to pair. */
function toFigures(pairs: readonly Pair[]) {
  const ratio = medianWithSpread(pairs.map(({ worker, bare }) => worker / bare))
  const cores = median(pairs.map(({ bareCores }) => bareCores)).toFixed(2)
  return [
    {
      ...{ name: 'tasks', unit: 'tasks/s', note: `cores of the bare loop: ${cores}` },
      ...medianWithSpread(pairs.map(({ worker }) => worker)),
      limit: median(pairs.map(({ bare }) => bare)),
    },
    {
      ...{ name: 'tasks, ratio', unit: 'of the bare loop', ...ratio },
      ...{ bar: `≥ ${leastRatio}`, met: ratio.value >= leastRatio },
    },
  ]
}
