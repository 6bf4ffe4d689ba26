import { UserError } from '../../infra/checks/user-error.ts'
import { reportUserErrors } from '../cli/user-errors.ts'
import { dropFiles } from '../drop/drop-files.ts'
import { parseDropRequest } from '../drop/request.ts'
import { findPlatform, noPlatform } from '../platform/running-platform.ts'
import { orUserError } from '../tasks/answer.ts'

/** `npm run drop`: puts files into the bucket. */
export function run(args: readonly string[], signal: AbortSignal): Promise<number> {
  return reportUserErrors(async () => {
    const request = parseDropRequest(args)
    const platform = await findPlatform(request.choice)
    if (!platform) throw new UserError(noPlatform)
    const pool = await platform.pool()
    try {
      return await orUserError(() => dropFiles({ platform, pool, signal }, request))
    } finally {
      await pool.end()
    }
  })
}
