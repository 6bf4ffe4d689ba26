import { UserError } from '../../infra/checks/user-error.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { findPlatform, noPlatform } from '../platform/running-platform.ts'
import { orUserError } from '../tasks/answer.ts'
import { runJob } from '../tasks/job.ts'
import { parseJobRequest } from '../tasks/request.ts'

/** `npm run job`: makes a task for a handler. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(async () => {
    const request = parseJobRequest(args)
    const platform = await findPlatform(request.choice)
    if (!platform) throw new UserError(noPlatform)
    const pool = await platform.pool()
    try {
      return await orUserError(() => runJob(pool, request, signal))
    } finally {
      await pool.end()
    }
  })
}
