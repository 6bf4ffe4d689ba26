import { storeLogs } from '../../adapters/postgres/tasks/claim-store.ts'
import type { WindowResult } from '../../adapters/postgres/windows/window-result.ts'
import { toWindowResult } from '../../adapters/postgres/windows/window-result.ts'
import type { AttemptOutcome, ClaimedTask } from '../../ledger/tasks/task.ts'
import type { TaskDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import { asFilesPipeline } from '../../pipelines/declaration/task-declaration.ts'
import type { Handlers } from '../../tasks/handlers/handlers.ts'
import type { Cancellation } from '../../tasks/cancellation.ts'
import type { RunnablePipeline } from '../../tasks/runner/task-interfaces.ts'
import { toRunnableFiles } from './runnable-files.ts'
import { runWindow, untilDone } from './run-window.ts'
import type { StepContext } from './step-context.ts'
import { rulesOf } from './step-context.ts'
import type { WindowWork } from './window-work.ts'
import { windowWorkOf } from './window-work.ts'

/** Whether this worker can run tasks of the pipeline. */
export function canRun(declaration: TaskDeclaration, context: StepContext): boolean {
  const { files, shellFolder, leavesOtherHandlers, handlers } = context
  const { step, to } = declaration
  // Without the bucket nothing stores the objects: their results would fill the database.
  if (to.kind === 'objects' && files === undefined) return false
  if (asFilesPipeline(declaration) === undefined) return true
  if (files === undefined) return false
  if (step.kind === 'shell') return shellFolder !== undefined
  return step.kind !== 'run' || !leavesOtherHandlers || handlers.names.includes(step.handler)
}

export function toRunnable(declaration: TaskDeclaration, context: StepContext): RunnablePipeline {
  const ofFiles = asFilesPipeline(declaration)
  if (ofFiles !== undefined && context.files !== undefined)
    return toRunnableFiles(ofFiles, { ...context, files: context.files })
  const { name, concurrency, timeoutMs } = declaration
  const { handlers, stepPool: pool, cancelPool, readings } = context
  const common = { name, concurrency, rules: rulesOf(declaration) }
  const work = windowWorkOf(declaration, readings)
  const runIn = async (task: ClaimedTask, cancel: Cancellation, inWindow: WindowWork) => {
    const worker = context.worker()
    if (worker === undefined) return { kind: 'given-back' } as const
    return runWindow(task, {
      ...{ pool, cancelPool, worker, timeoutMs, cancel: cancel.signal },
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
  const callHandler = (task: ClaimedTask, options: HandlerOptions): Promise<AttemptOutcome> =>
    isLeft(task, context)
      ? Promise.resolve({ kind: 'given-back' })
      : handlers.run(task, { concurrency, timeoutMs, ...options })
  if (table === undefined) return { ...ofHandlers, hasQueue: true, run: callHandler }
  return {
    ...ofHandlers,
    hasQueue: false,
    run: async (task, { cancel }) => {
      const outcome = await callHandler(task, { cancel })
      if (outcome.kind !== 'complete') return outcome
      await using result = outcome.result
      const write = await untilDone({ timeoutMs, cancel: cancel.signal }, () =>
        toWindowResult(pool, { pipeline: name, table }, result),
      )
      if ('kind' in write) return write
      if ('code' in write) return { kind: 'failed', fault: write }
      return await runIn(task, cancel, withLog(task, write, context))
    },
  }
}

/** Stores the log lines of the handler with its rows. */
function withLog(
  { id }: ClaimedTask,
  write: WindowResult,
  { events }: Pick<StepContext, 'events'>,
): WindowWork {
  return async (client, { fromMs, toMs }) => {
    const logLines = events.logLinesOf(id)
    if (logLines.length > 0) await storeLogs(client, [{ id, logLines }])
    return write(client, { from: new Date(fromMs), to: new Date(toMs) })
  }
}

type HandlerOptions = Omit<Parameters<Handlers['run']>[1], 'concurrency' | 'timeoutMs'>

/** Whether the task is left to another worker: the file of its handler may have been removed since it was claimed. */
function isLeft(
  { method }: ClaimedTask,
  { leavesOtherHandlers, handlers }: Pick<StepContext, 'leavesOtherHandlers' | 'handlers'>,
): boolean {
  return leavesOtherHandlers && !handlers.names.includes(method)
}
