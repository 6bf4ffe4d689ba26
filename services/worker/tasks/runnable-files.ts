import type { ClaimedTask } from '../../ledger/tasks/task.ts'
import type {
  FileDeclaration,
  FilesPipeline,
  ReadingsDeclaration,
} from '../../pipelines/declaration/task-declaration.ts'
import {
  asFileDeclaration,
  asReadingsDeclaration,
} from '../../pipelines/declaration/task-declaration.ts'
import type { CallOptions } from '../../tasks/handlers/running/pool-call.ts'
import type { RunnablePipeline } from '../../tasks/runner/task-interfaces.ts'
import type { Files } from '../files/files.ts'
import type { StepContext } from './step-context.ts'
import { rulesOf } from './step-context.ts'

type FilesContext = StepContext & { readonly files: Pick<Files, 'load' | 'send' | 'process'> }

/** A pipeline whose tasks are files. */
export function toRunnableFiles(
  declaration: FilesPipeline,
  context: FilesContext,
): RunnablePipeline {
  const ofLines = asFileDeclaration(declaration)
  const { name, concurrency } = declaration
  const rules = rulesOf(declaration)
  const run = ofLines ? loadLines(ofLines, context) : runOf(declaration, context)
  return { ...{ name, concurrency, rules, run, hasQueue: ofLines !== undefined } }
}

function runOf(declaration: FilesPipeline, context: FilesContext): Run {
  const ofReadings = asReadingsDeclaration(declaration)
  return ofReadings ? sendReadings(ofReadings, context) : callHandlerOrCommand(declaration, context)
}

type Run = RunnablePipeline['run']

function loadLines(
  declaration: FileDeclaration,
  { files, cancelPool, events, worker: workerOf }: FilesContext,
): Run {
  return async (task, { cancel, onBegin, onWait }) => {
    const worker = workerOf()
    if (worker === undefined) return { kind: 'given-back' }
    const options = {
      declaration,
      cancelPool,
      worker,
      cancel: cancel.signal,
      onBegin,
      onWait,
      ...eventsOf(task, events),
    }
    return files.load(task, options)
  }
}

/** Sends the readings of each file to the ingress. */
function sendReadings(
  declaration: ReadingsDeclaration,
  { files, cancelPool, events, worker: workerOf }: FilesContext,
): Run {
  return async (task, { cancel }) => {
    const worker = workerOf()
    if (worker === undefined) return { kind: 'given-back' }
    const options = {
      declaration,
      cancelPool,
      worker,
      cancel: cancel.signal,
      ...eventsOf(task, events),
    }
    return files.send(task, options)
  }
}

function eventsOf(
  { id }: ClaimedTask,
  events: StepContext['events'],
): Pick<Parameters<Files['load']>[1], 'onProgress' | 'addLogLine'> {
  return {
    onProgress: (fraction) => {
      events.onProgress(id, fraction)
    },
    addLogLine: (line) => {
      events.addLogLine(id, line)
    },
  }
}

/** Runs a handler or a command with each file. */
function callHandlerOrCommand(declaration: FilesPipeline, context: FilesContext): Run {
  const { files, handlers, cancelPool, events, worker: workerOf } = context
  const { concurrency, timeoutMs } = declaration
  return async (task, { cancel }) => {
    const worker = workerOf()
    if (worker === undefined) return { kind: 'given-back' }
    const { method, params, shell } = callOf(declaration, context)
    return files.process(task, {
      ...{ declaration, cancelPool, worker, cancel: cancel.signal, rules: rulesOf(declaration) },
      call: ({ name, size, path }, contentType) =>
        handlers.run(
          { ...task, method, params },
          {
            ...{ concurrency, timeoutMs, cancel, shell },
            file: { name, size, path, contentType },
          },
        ),
      logLines: () => events.logLinesOf(task.id),
    })
  }
}

type Call = { readonly method: string; readonly params: string } & Pick<CallOptions, 'shell'>

function callOf({ step }: FilesPipeline, { shellFolder }: StepContext): Call {
  if (step.kind === 'run')
    return { method: step.handler, params: JSON.stringify(step.params ?? {}), shell: undefined }
  if (step.kind !== 'shell' || shellFolder === undefined)
    throw new Error(`The step ${step.kind} cannot run.`)
  const { command } = step
  return { method: 'shell', params: '{}', shell: { command, folder: shellFolder } }
}
