import { resolve } from 'node:path'
import { Command } from 'commander'
import { UserError } from '../../infra/checks/user-error.ts'
import { PostgresPipelineStore } from '../../services/adapters/postgres/pipelines/pipeline-store.ts'
import { roles } from '../../services/adapters/postgres/driver/settings.ts'
import { whenAborted } from '../../services/runtime/abort.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import type { WorkerConfig } from '../../services/worker/config.ts'
import { createWorkerStart } from '../../services/worker/service.ts'
import { print } from '../cli/output.ts'
import { parseArguments } from '../cli/parse-arguments.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { findPipeline } from '../pipeline/control.ts'
import { ownerPool } from '../platform/database.ts'
import { kafkaSettingsOf } from '../platform/kafka-queries.ts'
import { root } from '../platform/paths.ts'
import type { PlatformChoice, RunningPlatform } from '../platform/running-platform.ts'
import { findPlatform, noPlatform, withChoice } from '../platform/running-platform.ts'
import { readableLog } from '../worker/readable-log.ts'

/** `npm run worker`: runs a worker in this process, beside those of the platform, until the signal. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(async () => {
    const { pipelines, ...choice } = parse(args)
    const platform = await findPlatform(choice)
    if (!platform) throw new UserError(noPlatform)
    await requirePipelines(platform, pipelines)
    await runWorker(await toWorkerConfig(platform), pipelines, signal)
    return 0
  })
}

type Options = PlatformChoice & {
  /** Undefined: all pipelines. */
  readonly pipelines?: readonly string[]
}

function parse(args: readonly string[]): Options {
  const command = withChoice(new Command('npm run worker --'))
    .description(
      'Runs a worker in the foreground, in addition to the workers of the platform, until Ctrl-C.',
    )
    .option('--pipelines <names...>', 'run only these pipelines')
  parseArguments(command, args)
  return command.opts<Options>()
}

/** @throws InputError if there is no pipeline with one of the names */
async function requirePipelines(
  { config, password }: RunningPlatform,
  names: readonly string[] = [],
): Promise<void> {
  const pool = ownerPool(config, await password())
  try {
    for (const name of names) await findPipeline(new PostgresPipelineStore(pool), name)
  } finally {
    await pool.end()
  }
}

/** Both targets publish Kafka and Postgres on this machine. */
async function toWorkerConfig(platform: RunningPlatform): Promise<WorkerConfig> {
  const { kafka, postgres, consumer, services, worker, dashboard } = platform.config
  const { hostPort: port, database, table } = postgres
  const [password, readersPassword] = await Promise.all([
    platform.password('worker'),
    platform.password('reader'),
  ])
  const server = { host: '127.0.0.1', port, database, table }
  return {
    name: `worker of process ${process.pid}`,
    logLevel: services.logLevel,
    kafka: kafkaSettingsOf(kafka),
    minInsyncReplicas: kafka.minInsyncReplicas,
    flushEachBatch: kafka.flushEachBatch,
    postgres: { ...server, user: roles.worker, password },
    reader: { ...server, user: roles.reader, password: readersPassword },
    // Only its handlers are used: the workers of the platform read the declarations.
    folder: worker.folder === '' ? undefined : resolve(root, worker.folder),
    handlers: {
      processes: worker.handlerProcesses,
      megabytes: worker.handlerMegabytes,
      allowedUrls: worker.allowedUrls,
    },
    tripRules: dashboard.trips,
    checkIntervalSeconds: 3_600 * consumer.accountCheckHours,
    // Any free port.
    operations: { host: '127.0.0.1', port: 0 },
  }
}

async function runWorker(
  config: WorkerConfig,
  names: readonly string[] | undefined,
  signal: AbortSignal,
): Promise<void> {
  const logger = createLogger('worker', config.logLevel, readableLog)
  const source = { kind: 'stored', names: names && new Set(names) } as const
  print(
    `This worker runs ${describe(names)} partitions with the workers of the platform. Stop it with Ctrl-C.`,
  )
  {
    await using _ = await createWorkerStart({ source })(config, logger, signal)
    await whenAborted(signal)
  }
  print('Stopped. The workers of the platform continue.')
}

function describe(names: readonly string[] | undefined): string {
  if (names === undefined) return 'all pipelines and shares their'
  return `${names.join(', ')} and shares ${names.length === 1 ? 'its' : 'their'}`
}
