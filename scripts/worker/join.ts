import { statSync } from 'node:fs'
import { InputError } from '../../infra/checks/user-error.ts'
import { addressText } from '../../infra/topology/addresses.ts'
import { createPool } from '../../services/adapters/postgres/driver/connection.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import { print } from '../cli/output.ts'
import { describeOpenFile, readInvitation } from './invitation.ts'
import { requireKafka, requirePostgres } from './reach-platform.ts'
import type { WorkerRequest } from './request.ts'
import { printBegin, requirePipelines, runWorkers } from './run-workers.ts'
import { configOfInvitation } from './worker-config.ts'

/** `npm run worker -- --invitation FILE`: runs workers for the platform of another machine, until the signal. */
export async function join(
  { invitation: file, folder, work }: Extract<WorkerRequest, { kind: 'join' }>,
  signal: AbortSignal,
): Promise<number> {
  const invitation = readInvitation(file)
  if (folder !== undefined) requireFolder(folder)
  const warning = describeOpenFile(file)
  if (warning !== undefined) print(warning)
  const config = configOfInvitation(invitation, folder)
  const logger = createLogger('worker', 'silent')
  const pool = createPool(config.postgres, {
    ...{ applicationName: 'av-telemetry command', maxConnections: 1, logger },
  })
  try {
    await requirePostgres(pool, config.postgres)
    await requireKafka(config.kafka, invitation.kafka.brokers)
    await requirePipelines(pool, work.pipelines)
  } finally {
    await pool.end()
  }
  const platform = `the platform ${invitation.platform} at ${addressText(config.postgres)}`
  printBegin(work, platform)
  print(
    'Tasks whose handlers this machine does not have stay queued for other workers. The log line handlers-loaded names the handlers of this machine.',
  )
  await runWorkers(config, { work, leavesOtherHandlers: true }, signal)
  print('Stopped. The workers of the platform continue.')
  return 0
}

function requireFolder(folder: string): void {
  if (statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true) return
  throw new InputError(`There is no folder ${folder}. --folder names a folder with handlers.`)
}
