import type { Registry } from 'prom-client'
import { Counter } from 'prom-client'
import type { SettledTask, Settlement } from '../../ledger/tasks/settlement.ts'
import type { RunnablePipeline, TaskTable } from '../../tasks/runner/task-interfaces.ts'

const endStates = ['complete', 'failed', 'canceled'] as const
type EndState = (typeof endStates)[number]

const isEnd = (state: SettledTask['state']): state is EndState =>
  endStates.some((end) => end === state)

/** Counts the tasks that this worker ends, by pipeline and state. A failed attempt that is repeated is not counted. */
export class EndedTasks {
  readonly #counter: Counter<'pipeline' | 'state'>
  readonly #known = new Set<string>()

  constructor(registry: Registry) {
    this.#counter = new Counter({
      name: 'telemetry_tasks_ended_total',
      help: 'Tasks that this worker has ended, by pipeline and state. A task that was canceled before it began is not counted.',
      labelNames: ['pipeline', 'state'],
      registers: [registry],
    })
  }

  /** Exports zeros for a pipeline, so that its first ended task increases the counter. */
  show(pipeline: string): void {
    if (this.#known.has(pipeline)) return
    this.#known.add(pipeline)
    for (const state of endStates) this.#counter.inc({ pipeline, state }, 0)
  }

  count(pipeline: string, state: SettledTask['state'], tasks = 1): void {
    if (isEnd(state)) this.#counter.inc({ pipeline, state }, tasks)
  }

  /** Counts the tasks that the pipeline settles itself, e.g. windows and files. */
  ofPipeline(pipeline: RunnablePipeline): RunnablePipeline {
    return {
      ...pipeline,
      run: (task, options) =>
        pipeline.run(task, options).then((outcome) => {
          if (outcome.kind === 'settled') this.count(pipeline.name, outcome.settled.state)
          return outcome
        }),
    }
  }

  /** Counts the tasks that are settled in the table. */
  ofTable(table: TaskTable): TaskTable {
    return {
      claim: (wanted) => table.claim(wanted),
      renew: (running) => table.renew(running),
      settle: async (settlements) => {
        const settled = await table.settle(settlements)
        for (const { pipeline, state, tasks } of groupsOf(settlements, settled))
          this.count(pipeline, state, tasks)
        return settled
      },
    }
  }
}

type Group = {
  readonly pipeline: string
  readonly state: SettledTask['state']
  tasks: number
}

/** How many tasks of each pipeline were settled with each state. Increasing a counter is slow. */
function groupsOf(
  settlements: readonly Settlement[],
  settled: readonly SettledTask[],
): Iterable<Group> {
  const pipelines = new Map(settlements.map(({ task }) => [task.id, task.pipeline]))
  const groups = new Map<string, Group>()
  for (const { id, state } of settled) {
    const pipeline = pipelines.get(id)
    if (pipeline === undefined) continue
    const name = `${pipeline} ${state}`
    const group = groups.get(name) ?? { pipeline, state, tasks: 0 }
    group.tasks += 1
    groups.set(name, group)
  }
  return groups.values()
}
