import inspector from 'node:inspector'
import { setImmediate } from 'node:timers/promises'
import { UserError } from '../../infra/checks/user-error.ts'
import { PostgresPipelineStore } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import type { Pool } from '../../services/adapters/postgres/driver/connection.ts'
import { whenAborted } from '../../services/runtime/abort.ts'
import type { Running } from '../../services/runtime/lifecycle.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import type { WorkerConfig } from '../../services/worker/config.ts'
import { createWorkerStart } from '../../services/worker/service.ts'
import { print } from '../cli/output.ts'
import { findPipeline } from '../pipeline/control.ts'
import { readableLog } from './readable-log.ts'
import type { Work } from './request.ts'

/** @throws InputError if there is no pipeline with one of the names */
export async function requirePipelines(pool: Pool, names: readonly string[] = []): Promise<void> {
  for (const name of names) await findPipeline(new PostgresPipelineStore(pool), name)
}

type Options = {
  readonly work: Work
  /** Whether tasks of handlers that these workers do not have are left to other workers. */
  readonly leavesOtherHandlers: boolean
}

/** Runs workers in this process until the signal. */
export async function runWorkers(
  config: WorkerConfig,
  { work: { pipelines, instances, isDebuggable }, leavesOtherHandlers }: Options,
  signal: AbortSignal,
): Promise<void> {
  if (isDebuggable) openDebugger()
  const logger = createLogger('worker', config.logLevel, readableLog)
  const source = { kind: 'stored', names: pipelines && new Set(pipelines) } as const
  const start = createWorkerStart({ source, leavesOtherHandlers })
  const names = Array.from({ length: instances }, (_, index) =>
    index === 0 ? config.name : `${config.name} (${index + 1})`,
  )
  const running: Running[] = []
  try {
    const handlers = { ...config.handlers, isDebuggable }
    for (const name of names)
      running.push(await start({ ...config, name, handlers }, logger, signal))
    await whenAborted(signal)
  } catch (error) {
    // Ctrl-C also ends esbuild, which may be bundling handlers. Its end may be reported before the signal.
    await setImmediate()
    if (!signal.aborted) throw error
  } finally {
    await Promise.all(running.map((worker) => worker[Symbol.asyncDispose]()))
  }
}

/** Of the debuggers of Node.js. */
const debugPort = 9229

/** Lets a debugger attach to this process, and prints how. Only this machine can. */
function openDebugger(): void {
  inspector.open(debugPort, '127.0.0.1')
  // Another process has the port.
  if (inspector.url() === undefined) inspector.open(0, '127.0.0.1')
  const url = inspector.url()
  if (url === undefined) throw new UserError('The debugger of Node.js has not started.')
  print(
    `Debug the worker with an editor, chrome://inspect, or: node inspect ${new URL(url).host}. Each of its handler processes prints its address in a line "Debugger listening".`,
  )
}

/** Prints what the workers do, as the first line of the output. */
export function printBegin({ pipelines, instances }: Work, others: string): void {
  const [subject, verbs] =
    instances === 1
      ? (['This worker', { run: 'runs', share: 'shares' }] as const)
      : ([`${instances} workers`, { run: 'run', share: 'share' }] as const)
  const which =
    pipelines === undefined
      ? `all pipelines and ${verbs.share} their`
      : `${pipelines.join(', ')} and ${verbs.share} ${pipelines.length === 1 ? 'its' : 'their'}`
  print(
    `${subject} ${verbs.run} ${which} partitions with the workers of ${others}. Stop ${instances === 1 ? 'it' : 'them'} with Ctrl-C.`,
  )
}
