import type { Pool } from '../../adapters/postgres/driver/connection.ts'
import type { TaskRules } from '../../ledger/tasks/settlement.ts'
import { toWindowResult } from '../../adapters/postgres/windows/window-result.ts'
import type { ClaimedTask } from '../../ledger/tasks/task.ts'
import type {
  FileDeclaration,
  TaskDeclaration,
} from '../../pipelines/declaration/task-declaration.ts'
import { asFileDeclaration } from '../../pipelines/declaration/task-declaration.ts'
import type { Handlers } from '../../tasks/handlers/handlers.ts'
import type { RunnablePipeline } from '../../tasks/runner/task-interfaces.ts'
import type { Files } from '../files/files.ts'
import { runWindow, untilDone } from './run-window.ts'
import type { ReadingsRules, WindowWork } from './window-work.ts'
import { windowWorkOf } from './window-work.ts'

/** What the declaration says about the ends of tasks. */
export function rulesOf({ to, retry, errors, source }: TaskDeclaration): TaskRules {
  return { to, retry, errors, topic: source.kind === 'topic' ? source.name : undefined }
}

export type StepContext = {
  /** Undefined if the worker loads no files. */
  readonly files: Pick<Files, 'load'> | undefined
  readonly events: AttemptEvents
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

/** What an attempt reports while it runs. */
type AttemptEvents = {
  readonly onProgress: (task: number, fraction: number) => void
  readonly addLogLine: (task: number, line: string) => void
}

/** Whether this worker can run tasks of the pipeline. */
export const canRun = (declaration: TaskDeclaration, { files }: StepContext): boolean =>
  files !== undefined || asFileDeclaration(declaration) === undefined

export function toRunnable(declaration: TaskDeclaration, context: StepContext): RunnablePipeline {
  const ofFiles = asFileDeclaration(declaration)
  if (ofFiles !== undefined && context.files !== undefined)
    return toRunnableFiles(ofFiles, context.files, context)
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
  const callHandler = async (task: ClaimedTask, options: HandlerOptions) =>
    isLeft(task, context)
      ? ({ kind: 'given-back' } as const)
      : handlers.run(task, { concurrency, timeoutMs, ...options })
  if (table === undefined) return { ...ofHandlers, hasQueue: true, run: callHandler }
  return {
    ...ofHandlers,
    hasQueue: false,
    run: async (task, { cancel }) => {
      const outcome = await callHandler(task, { cancel })
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

type HandlerOptions = Omit<Parameters<Handlers['run']>[1], 'concurrency' | 'timeoutMs'>

/** Whether the task is left to another worker: the file of its handler may have been removed since it was claimed. */
function isLeft(
  { method }: ClaimedTask,
  { leavesOtherHandlers, handlers }: Pick<StepContext, 'leavesOtherHandlers' | 'handlers'>,
): boolean {
  return leavesOtherHandlers && !handlers.names.includes(method)
}

function toRunnableFiles(
  declaration: FileDeclaration,
  files: Pick<Files, 'load'>,
  { cancelPool, events, worker: workerOf }: StepContext,
): RunnablePipeline {
  const { name, concurrency } = declaration
  return {
    ...{ name, concurrency, rules: rulesOf(declaration), hasQueue: false },
    run: async (task, { cancel }) => {
      const worker = workerOf()
      if (worker === undefined) return { kind: 'given-back' }
      return files.load(task, {
        ...{ declaration, cancelPool, worker, cancel },
        onProgress: (fraction) => {
          events.onProgress(task.id, fraction)
        },
        addLogLine: (line) => {
          events.addLogLine(task.id, line)
        },
      })
    },
  }
}
