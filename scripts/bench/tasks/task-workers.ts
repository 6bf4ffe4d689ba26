import type { Bench } from '../bench.ts'
import { medianWithSpread } from '../bench.ts'
import { withDeclarations } from '../declared/declared-run.ts'
import { declaration, pipeline, queueTasks, runQueued, writeHandler } from './queued-tasks.ts'

const leastRatio = 2.2
const sleepMs = 50
const names = ['worker-0', 'worker-1', 'worker-2']
/** So that the runs with one and with three workers take the same time. */
const tasksPerWorker = 600

export const taskWorkers: Bench = {
  name: 'task-workers',
  description: `tasks that wait ${sleepMs} ms, on one worker and on ${names.length}`,
  measure: (context) =>
    withDeclarations({ [pipeline]: declaration }, async (folder) => {
      writeHandler(folder, sleepMs)
      const settings = [`worker.folder=${folder}`, `worker.instances=${names.length}`]
      await using platform = await context.open(...settings)
      const rateOf = async (workers: readonly string[]): Promise<number> => {
        const count = tasksPerWorker * workers.length
        await queueTasks(platform, pipeline, count)
        return (await runQueued(platform, { workers, count }, context.signal)).unitsPerSecond
      }
      const pairs: { readonly one: number; readonly all: number }[] = []
      while (pairs.length < (context.pairs ?? context.runs)) {
        context.printProgress(`pair ${pairs.length + 1}`)
        pairs.push({ one: await rateOf(names.slice(0, 1)), all: await rateOf(names) })
      }
      const ratio = medianWithSpread(pairs.map(({ one, all }) => all / one))
      return [
        {
          ...{ name: 'task-workers', unit: 'tasks/s', note: `with ${names.length} workers` },
          ...medianWithSpread(pairs.map(({ all }) => all)),
        },
        {
          ...{ name: 'task-workers, ratio', unit: 'of one worker', ...ratio },
          ...{ bar: `≥ ${leastRatio}`, met: ratio.value >= leastRatio },
        },
      ]
    }),
}
