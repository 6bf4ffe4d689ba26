import { UserError } from '../../infra/checks/user-error.ts'
import { createPool } from '../../services/adapters/postgres/driver/connection.ts'
import { createLogger } from '../../services/runtime/logger.ts'
import { print } from '../cli/output.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import type { RunningPlatform } from '../targets/target.ts'
import { findPlatform, noPlatform } from '../platform/running-platform.ts'
import { invite } from '../worker/invite.ts'
import { join } from '../worker/join.ts'
import type { Work } from '../worker/request.ts'
import { parseWorkerRequest } from '../worker/request.ts'
import { printBegin, requirePipelines, runWorkers } from '../worker/run-workers.ts'
import { configBeside } from '../worker/worker-config.ts'

/** `npm run worker`: runs workers in this process until the signal, or invites another machine. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(async () => {
    const request = parseWorkerRequest(args)
    if (request.kind === 'join') return join(request, signal)
    const platform = await findPlatform(request.choice)
    if (!platform) throw new UserError(noPlatform)
    if (request.kind === 'invite') return invite(platform, request.file)
    return runBeside(platform, request.work, signal)
  })
}

async function runBeside(
  platform: RunningPlatform,
  work: Work,
  signal: AbortSignal,
): Promise<number> {
  const config = await configBeside(platform)
  const logger = createLogger('command', 'silent')
  const pool = createPool(config.postgres, {
    ...{ applicationName: 'av-telemetry command', maxConnections: 1, logger },
  })
  try {
    await requirePipelines(pool, work.pipelines)
  } finally {
    await pool.end()
  }
  printBegin(work, 'the platform')
  await runWorkers(config, { work, leavesOtherHandlers: false }, signal)
  print('Stopped. The workers of the platform continue.')
  return 0
}
