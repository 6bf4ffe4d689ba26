import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import type { TaskRules } from '../../ledger/tasks/settlement.ts'
import { toWindowResult } from '../../adapters/postgres/windows/window-result.ts'
import type { ClaimedTask } from '../../ledger/tasks/task.ts'
import type { TaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import type { Handlers } from '../../tasks/handlers/handlers.ts'
import type { RunnablePipeline } from '../../tasks/runner/task-interfaces.ts'
import { runWindow, untilDone } from './run-window.ts'
import type { ReadingsRules, WindowWork } from './window-work.ts'
import { windowWorkOf } from './window-work.ts'

/** What the declaration says about the ends of tasks. */
export function rulesOf({ to, retry, errors, source }: TaskDeclaration): TaskRules {
  return { to, retry, errors, topic: source.kind === 'topic' ? source.name : undefined }
}

export type StepContext = {
  readonly handlers: Pick<Handlers, 'run' | 'names'>
  /** Whether tasks of other handlers are left to other workers; otherwise they fail. */
  readonly leavesOtherHandlers: boolean
  /** Connections for steps that the database does. */
  readonly stepPool: Pool
  /** Separate connections to cancel statements of steps. */
  readonly cancelPool: Pool
  readonly readings: ReadingsRules
  /** The id of the worker; undefined until it is registered. */
  readonly worker: () => number | undefined
}

export function toRunnable(declaration: TaskDeclaration, context: StepContext): RunnablePipeline {
  const { name, concurrency, timeoutMs } = declaration
  const { handlers, stepPool: pool, cancelPool, readings } = context
  const common = { name, concurrency, rules: rulesOf(declaration) }
  const work = windowWorkOf(declaration, readings)
  const runIn = async (task: ClaimedTask, cancel: AbortSignal, inWindow: WindowWork) => {
    const worker = context.worker()
    if (worker === undefined) return { kind: 'given-back' } as const
    return runWindow(task, {
      ...{ pool, cancelPool, worker, timeoutMs, cancel },
      work: inWindow,
      isComputedBefore: work === undefined,
    })
  }
  if (work !== undefined) {
    return { ...common, hasQueue: false, run: (task, { cancel }) => runIn(task, cancel, work) }
  }
  const { source, to } = declaration
  const table = source.kind === 'schedule' && to.kind === 'table' ? to.table : undefined
  const ofHandlers = {
    ...common,
    ...(context.leavesOtherHandlers && { methods: () => handlers.names }),
  }
  if (table === undefined) {
    const run: RunnablePipeline['run'] = (task, options) =>
      handlers.run(task, { concurrency, timeoutMs, ...options })
    return { ...ofHandlers, hasQueue: true, run }
  }
  return {
    ...ofHandlers,
    hasQueue: false,
    run: async (task, { cancel }) => {
      const outcome = await handlers.run(task, { concurrency, timeoutMs, cancel })
      if (outcome.kind !== 'complete') return outcome
      await using result = outcome.result
      const write = await untilDone({ timeoutMs, cancel }, () =>
        toWindowResult(pool, { pipeline: name, table }, result),
      )
      if ('kind' in write) return write
      if ('code' in write) return { kind: 'failed', fault: write }
      const inWindow: WindowWork = (client, { fromMs, toMs }) =>
        write(client, { from: new Date(fromMs), to: new Date(toMs) })
      return await runIn(task, cancel, inWindow)
    },
  }
}
