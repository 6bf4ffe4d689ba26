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
  { work: { pipelines, instances }, leavesOtherHandlers }: Options,
  signal: AbortSignal,
): Promise<void> {
  const logger = createLogger('worker', config.logLevel, readableLog)
  const source = { kind: 'stored', names: pipelines && new Set(pipelines) } as const
  const start = createWorkerStart({ source, leavesOtherHandlers })
  const names = Array.from({ length: instances }, (_, index) =>
    index === 0 ? config.name : `${config.name} (${index + 1})`,
  )
  const running: Running[] = []
  try {
    for (const name of names) running.push(await start({ ...config, name }, logger, signal))
    await whenAborted(signal)
  } finally {
    await Promise.all(running.map((worker) => worker[Symbol.asyncDispose]()))
  }
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
